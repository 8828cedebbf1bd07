"""Every failed recording has the cause its maker made; fewer keys weaken it and never make it wrong."""

import functools

import pytest

from analyzer.verdict.causes.catalogue import CATALOGUE, ENTRIES
from tests.makers.cases import Case, cases, report
from tests.verdict.causes import CAUSES

CASES = cases()
SURE = {"certain": 3, "likely": 2, "possible": 1}

# What an answer may become when the keys are withheld: the same code, or one of these, which say less.
WEAKER = {
    "clock-skew": {"outer-client-certificate-refused"},
    "half-open": {"lost-by-reset"},
    "idle-dropped": {"peer-vanished", "reset-from-between"},
    "inner-closed": {"bounded-without-keys"},
    "inner-reset": {"bounded-without-keys", "lost-by-reset"},
    "inner-client-certificate-expired": {
        "bounded-without-keys",
        "inner-client-certificate-refused",
    },
    "inner-client-certificate-missing": {"bounded-without-keys", "inner-refused"},
    "inner-client-certificate-refused": {"bounded-without-keys"},
    "inner-server-certificate-expired": {
        "bounded-without-keys",
        "inner-server-certificate-refused",
    },
    "inner-server-certificate-refused": {"bounded-without-keys", "inner-refused"},
    "inner-client-key-mismatch": {"bounded-without-keys"},
    "inner-server-key-mismatch": {"bounded-without-keys"},
    "inner-stalled": {"capture-ends"},
    "inner-version-mismatch": {"bounded-without-keys"},
    "lost-in-silence": {"peer-vanished"},
    "middlebox-certificate": {"outer-server-certificate-refused"},
    "outer-client-certificate-expired": {"outer-client-certificate-refused"},
    "outer-client-certificate-refused": {"bounded-without-keys"},
    "server-gave-up": {"bounded-without-keys"},
}
# Readable without any key: TCP, and hellos.
NEEDS_NO_KEY = {e.code for e in CATALOGUE if e.phase == "network"} | {"idle-dropped"}


BY_NAME = {case.name: case for case in CASES}


def causes_of(case: Case, keys: str) -> tuple[dict | None, ...]:
    return _causes(case.name, keys)


@functools.cache
def _causes(name: str, keys: str) -> tuple[dict | None, ...]:
    case = BY_NAME[name]
    found = report(str(case.capture), *case.keys(keys), *case.arguments)
    return tuple(connection["cause"] for connection in found["connections"])


def told(cause: dict | None) -> str:
    return "-" if cause is None else f"{cause['confidence']} {cause['code']}"


def expected(case: Case, keys: int) -> tuple[str, ...]:
    if case.name in CAUSES:
        return CAUSES[case.name][keys]
    return ("-",) * len(case.expected["connections"])


def test_at_least_forty_five_recordings_fail():
    assert len(CAUSES) >= 45
    assert {case.name for case in CASES} >= CAUSES.keys()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_with_all_keys_each_connection_has_the_cause_that_its_maker_made(case):
    assert tuple(map(told, causes_of(case, "all"))) == expected(case, 0)


@pytest.mark.parametrize(
    "case", [c for c in CASES if "embedded_keys" not in c.expected], ids=lambda case: case.name
)
def test_without_keys_the_cause_is_weaker_and_stays_true(case):
    full, without = causes_of(case, "all"), causes_of(case, "none")
    assert tuple(map(told, without)) == expected(case, 1)
    for known, guessed in zip(full, without, strict=True):
        if guessed is None:
            continue
        assert known is not None, "a cause where with all keys there is none"
        assert SURE[guessed["confidence"]] <= SURE[known["confidence"]]
        assert guessed["code"] in {known["code"], *WEAKER.get(known["code"], ())}


@pytest.mark.parametrize("keys", ["outer", "inner"])
@pytest.mark.parametrize(
    "case", [c for c in CASES if "embedded_keys" not in c.expected], ids=lambda case: case.name
)
def test_with_the_keys_of_one_level_the_cause_stays_true(case, keys):
    for known, guessed in zip(causes_of(case, "all"), causes_of(case, keys), strict=True):
        if guessed is not None:
            assert known is not None, "a cause where with all keys there is none"
            assert SURE[guessed["confidence"]] <= SURE[known["confidence"]]
            assert guessed["code"] in {known["code"], *WEAKER.get(known["code"], ())}


# Of key logs (RFC 9850): which secret would decide.
LABELS = ("CLIENT_RANDOM", "HANDSHAKE_TRAFFIC_SECRET")
# Told by the end alone, whatever was inside.
SEEN_WITHOUT_KEYS = {"closed-after-outer"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_read_from_outside_encryption_is_never_certain_and_names_what_decides(case):
    for cause in causes_of(case, "none"):
        if cause is None or cause["code"] in NEEDS_NO_KEY:
            continue
        sealed = [limit for limit in cause["limitations"] if "stayed encrypted" in limit]
        if not sealed:
            continue
        assert cause["confidence"] != "certain"
        if cause["code"] not in SEEN_WITHOUT_KEYS:
            assert any(label in step for step in cause["decide"] for label in LABELS)


@pytest.mark.parametrize(
    "case",
    [c for c in CASES if c.name not in CAUSES],
    ids=lambda case: case.name,
)
def test_a_healthy_recording_has_no_cause_whatever_keys_are_there(case):
    for keys in ("all", "outer", "inner", "none"):
        assert [told(cause) for cause in causes_of(case, keys)] == ["-"] * len(
            case.expected["connections"]
        )


@pytest.mark.parametrize("case", [c for c in CASES if c.name in CAUSES], ids=lambda case: case.name)
def test_each_cause_has_evidence_in_the_capture_and_a_remedy_of_the_catalogue(case):
    for cause in causes_of(case, "all"):
        if cause is None:
            continue
        assert cause["frames"]
        assert cause["code"] in ENTRIES
        assert cause["advice"]
        if cause["confidence"] != "certain":
            assert cause["decide"] or cause["alternatives"] or cause["limitations"]


def test_the_recordings_cover_the_catalogue():
    shown = {
        word.split()[-1] for rows in CAUSES.values() for row in rows for word in row if word != "-"
    }

    assert {entry.code for entry in CATALOGUE} == shown
