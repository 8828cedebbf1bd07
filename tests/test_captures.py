"""Every recording gives the facts its maker wrote down; fewer keys only make answers unknown."""

import pytest

from tests.makers.cases import Case, cases, report

CASES = cases()
SLOTS = (
    "outer-server-certificate",
    "outer-client-certificate",
    "inner-server-certificate",
    "inner-client-certificate",
)


def name_of(case: Case) -> str:
    return case.name


def analyzed(case: Case, keys: str) -> dict:
    return report(str(case.capture), *case.keys(keys), *case.arguments)


def session_of(connection: dict, level: int) -> dict | None:
    return next(
        (s for s in connection["sessions"] if s["level"] == level and s["handshake"] == 0), None
    )


def told(session: dict | None) -> dict | None:
    """A session of the report in the maker's words."""
    if session is None:
        return None
    return {
        "outcome": session["outcome"],
        "version": session["version"],
        "suite": session["cipher_suite"] and session["cipher_suite"]["name"],
        "certificates": {
            side: chain and [certificate["sha256"] for certificate in chain] if chain else chain
            for side, chain in session["certificates"].items()
        },
        "alerts": [
            {"side": a["side"], "code": a["code"]} for a in session["alerts"] if a["code"] != 0
        ],
    }


def expected_session(facts: dict | None) -> dict | None:
    if facts is None:
        return None
    alerts = [{"side": a["side"], "code": a["code"]} for a in facts["alerts"] if a["code"] != 0]
    return {key: facts[key] for key in ("outcome", "version", "suite", "certificates")} | {
        "alerts": alerts
    }


def slots_of(connection: dict) -> dict[str, str]:
    return {f["code"]: f["status"] for f in connection["findings"] if f["code"] in SLOTS}


def endpoint(side: dict) -> str:
    host = f"[{side['address']}]" if ":" in side["address"] else side["address"]
    return f"{host}:{side['port']}"


def test_there_are_recordings():
    assert len(CASES) >= 30


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_with_all_keys_the_report_tells_the_makers_facts(case):
    found = analyzed(case, "all")
    assert len(found["connections"]) == len(case.expected["connections"])
    for connection, facts in zip(found["connections"], case.expected["connections"], strict=True):
        assert endpoint(connection["server"]) == facts["server"]
        assert told(session_of(connection, 0)) == expected_session(facts["outer"])
        assert told(session_of(connection, 1)) == expected_session(facts["inner"])
        assert (connection["outcome"], connection["stage"]) == (facts["outcome"], facts["stage"])
        assert {c["sha256"] for c in connection["carved"]} == set(facts.get("carved") or ())
        assert slots_of(connection) == facts["slots"]
        inner = session_of(connection, 1)
        if inner and facts.get("framing"):
            assert inner["framing"].startswith(facts["framing"])
    assert found["verdict"] == case.expected["verdict"]


def clear(facts: dict | None) -> bool:
    """Whether the certificates of a session lie open without its own keys."""
    return facts is not None and facts["version"] != "TLS 1.3"


@pytest.mark.parametrize("keys", ["outer", "inner", "none"])
@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_with_part_of_the_keys_only_the_right_things_become_unknown(case, keys):
    found = analyzed(case, keys)
    for connection, facts in zip(found["connections"], case.expected["connections"], strict=True):
        outer_open = clear(facts["outer"]) or keys == "outer"
        inner_seen = keys == "outer" and facts["inner"] is not None
        inner_open = inner_seen and clear(facts["inner"])
        outer, inner = session_of(connection, 0), session_of(connection, 1)
        assert (inner is not None) == inner_seen
        for level, session, is_open in (("outer", outer, outer_open), ("inner", inner, inner_open)):
            if session is None:
                continue
            full = facts[level]
            assert session["version"] in {full["version"], None}
            certificates = told(session)["certificates"]
            hidden = {"server": None, "client": None}
            assert certificates == (full["certificates"] if is_open else hidden)
        for slot, status in slots_of(connection).items():
            is_open = outer_open if slot.startswith("outer") else inner_open
            full = facts["slots"].get(slot, "unknown")
            assert status == (full if is_open else "unknown"), slot
    if keys != "outer" and any(facts["inner"] for facts in case.expected["connections"]):
        assert found["verdict"] != "pass"
