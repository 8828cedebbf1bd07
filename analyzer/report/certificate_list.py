"""The certificates of a report as text, JSON, CSV and PEM."""

from __future__ import annotations

import csv
import io
import json
import ssl
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from analyzer.report.certificates import Comparison, Presented, Showing, hash_stem
from analyzer.report.csv_report import cell
from analyzer.report.json_session import certificate_json
from analyzer.report.text import safe_text
from analyzer.report.words import frame_numbers, frames_text, iso_time
from analyzer.session.certificates import Certificate
from analyzer.verdict.words import plural, short, validity

Json: TypeAlias = dict[str, Any]

SCHEMA = "hsm-analyzer/certificates/1"
_FEW = 6

_COLUMNS = (
    *("sha256", "subject", "issuer", "serial", "not_before", "not_after", "key", "subject_hash"),
    *("connection", "level", "side", "place", "by", "frame", "time", "in_files"),
)


def lines(shown: Sequence[Presented], comparison: Comparison | None) -> Iterator[str]:
    """The list as text, with nothing in it that acts on a terminal."""
    for item in shown:
        certificate = item.certificate
        yield f"{safe_text('; '.join(item.roles))}: {_name(certificate)}"
        if certificate.error:
            yield f"  cannot be read: {safe_text(certificate.error)}"
        else:
            yield f"  issuer {safe_text(certificate.issuer)}"
            yield (
                f"  serial {certificate.serial}, {validity(certificate)}, {certificate.key}, "
                f"{certificate.signature_algorithm}, X.509 v{certificate.version}"
            )
        yield f"  sha256 {certificate.sha256}"
        yield f"  subject hash {hash_stem(certificate) or 'none'}"
        yield f"  shown by {safe_text(_by(item.showings))}"
        if comparison is not None and certificate.sha256 in comparison.where:
            files = ", ".join(map(str, comparison.where[certificate.sha256]))
            yield f"  in {safe_text(files)}"
    if comparison is not None:
        yield from _differences(comparison)


def dumps(shown: Sequence[Presented], comparison: Comparison | None) -> str:
    """The list as one JSON object; additions are allowed within the version."""
    told: Json = {"schema": SCHEMA, "certificates": [_json(item, comparison) for item in shown]}
    if comparison is not None:
        told["compared"] = {
            "missing": [
                {"sha256": item.certificate.sha256, "nearest": nearest or None}
                for item, nearest in comparison.missing
            ],
            "unused": [
                {"file": str(path), "sha256": each.sha256} for path, each in comparison.unused
            ],
        }
    return json.dumps(told, indent=2) + "\n"


def table(shown: Sequence[Presented], comparison: Comparison | None) -> str:
    """The list as CSV, a row for every presentation."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for item in shown:
        facts = certificate_json(item.certificate) | {"subject_hash": hash_stem(item.certificate)}
        files = comparison.where.get(item.certificate.sha256, ()) if comparison else ()
        for showing in item.showings:
            row = facts | _showing(showing) | {"in_files": "; ".join(map(str, files))}
            row["frame"] = row["frames"][0]
            writer.writerow([cell(row[column]) for column in _COLUMNS])
    return text.getvalue()


def pem(certificate: Certificate) -> str:
    """PEM with subject and issuer above it, as `openssl x509 -subject -issuer` prints them."""
    return (
        f"subject={safe_text(certificate.subject)}\nissuer={safe_text(certificate.issuer)}\n"
        f"{ssl.DER_cert_to_PEM_cert(certificate.der)}"
    )


def _differences(comparison: Comparison) -> Iterator[str]:
    for item, nearest in comparison.missing:
        yield f"in no file: {safe_text(short(item.certificate))} ({safe_text('; '.join(item.roles))})"
        if nearest:
            yield f"  {safe_text(nearest)}"
    for path, certificate in comparison.unused:
        yield f"never shown: {safe_text(str(path))}: {safe_text(short(certificate))}"


def _name(certificate: Certificate) -> str:
    return safe_text(certificate.subject) or "(no subject)"


def _by(showings: Sequence[Showing]) -> str:
    """Who showed it in how many connections, and when first."""
    ends = list(dict.fromkeys(_host(showing.by) for showing in showings))
    streams = list(dict.fromkeys(showing.stream for showing in showings))
    few = ", ".join(map(str, streams[:_FEW])) + (", ..." if len(streams) > _FEW else "")
    first = showings[0].at
    more = f" and {len(ends) - _FEW} more" if len(ends) > _FEW else ""
    return (
        f"{', '.join(ends[:_FEW])}{more} in {plural(len(streams), 'connection')} ({few}), first in "
        f"{frames_text((first,))} at {iso_time(first.began)}"
    )


def _host(endpoint: str) -> str:
    """Clients use another port each time: the address alone tells them apart."""
    return endpoint.rpartition(":")[0].strip("[]")


def _json(item: Presented, comparison: Comparison | None) -> Json:
    told = certificate_json(item.certificate) | {
        "subject_hash": hash_stem(item.certificate),
        "pem": ssl.DER_cert_to_PEM_cert(item.certificate.der),
        "shown": [_showing(showing) for showing in item.showings],
    }
    if comparison is not None:
        files = comparison.where.get(item.certificate.sha256, ())
        told["in_files"] = [str(path) for path in files]
    return told


def _showing(showing: Showing) -> Json:
    return {
        "connection": showing.stream,
        "level": showing.level,
        "side": showing.side.word,
        "place": showing.place,
        "by": showing.by,
        "frames": frame_numbers((showing.at,)),
        "time": iso_time(showing.at.began),
    }
