"""Ways that the inner TLS may travel in the outer plaintext."""

from __future__ import annotations

import ssl

from recording.case import INNER12, INNER13, OUTER12, OUTER13, Case, Plan, slots
from recording.peers import End
from recording.vendor import UNASKED, Header, OwnRecordHeaders, take_vendor_message, vendor_message


def speaks_between_flights(end: End) -> None:
    """A host that sends a vendor message nobody asked for, before the inner ServerHello."""
    end.shake_outer()
    end.exchange()
    nested = end.begin_inner()
    nested.take()
    end.send(vendor_message(*UNASKED))
    nested.handshake()
    end.inner.completed = True
    end.talk()
    end.close()


def listens_between_flights(end: End) -> None:
    """A client that takes it."""
    end.shake_outer()
    end.exchange()
    nested = end.begin_inner()
    try:
        nested.tls.do_handshake()
    except ssl.SSLWantReadError:
        nested.flush()
    assert take_vendor_message(end.receive) == UNASKED
    nested.handshake()
    end.inner.completed = True
    end.talk()
    end.close()


CASES = (
    Case(
        name="header-per-record-big-endian",
        title="A vendor header before each inner record, length big-endian",
        what="Every inner TLS record is a vendor message of its own: four bytes of big-endian length, then "
        "the record. The version exchange comes first.",
        look="The framing is found as a 4-byte header per record with a big-endian length; the headers "
        "are listed among the skipped bytes.",
        connections=(Plan(exchange=True, form=Header(4, 0, 4, "big", "record")),),
    ),
    Case(
        name="header-per-record-little-endian",
        title="A vendor header before each inner record, length little-endian",
        what="Eight bytes stand before every inner record: four that look like a C struct's fields, then a "
        "little-endian length, as code that writes structs to the wire does.",
        look="The framing is found as an 8-byte header per record with a little-endian length.",
        connections=(Plan(outer=OUTER13, exchange=True, form=Header(8, 4, 4, "little", "record")),),
    ),
    Case(
        name="header-per-message-big-endian",
        title="A vendor header before each inner flight, length big-endian",
        what="A vendor message carries a whole flight: several inner records behind one header of four "
        "bytes, of which the last two are a big-endian length.",
        look="One header is followed by ServerHello, Certificate, ServerKeyExchange and ServerHelloDone in "
        "four records; the framing is told as per message.",
        connections=(Plan(exchange=True, form=Header(4, 2, 2, "big", "message")),),
    ),
    Case(
        name="header-per-message-little-endian",
        title="A vendor header before each inner flight, length little-endian",
        what="As `header-per-message-big-endian` with twelve bytes of header whose last four are a "
        "little-endian length, and TLS 1.3 on both levels.",
        look="The framing is a 12-byte header per message with a little-endian length. The whole encrypted "
        "flight of the inner server stands behind one header.",
        connections=(
            Plan(
                outer=OUTER13,
                inner=INNER13,
                exchange=True,
                form=Header(12, 8, 4, "little", "message"),
            ),
        ),
        format="pcapng",
    ),
    Case(
        name="inner-cut-into-many-outer-records",
        title="Inner records cut over many outer records",
        what="No outer record carries more than 100 bytes of the inner TLS, so that the inner Certificate "
        "is spread over ten outer records and inner headers are cut anywhere.",
        look="The inner session is whole; its messages name several frames each. The framing is bare.",
        connections=(Plan(outer=OUTER13, inner=INNER12, piece=100),),
    ),
    Case(
        name="inner-cut-into-seven-bytes",
        title="Inner records in pieces of seven bytes, behind headers",
        what="Headers of four bytes before each inner record, and all of it cut into outer records with "
        "seven bytes of plaintext: neither a vendor header nor a record header need be in one piece.",
        look="Vendor headers and inner records are put together from hundreds of outer records.",
        connections=(
            Plan(inner=INNER13, piece=7, exchange=True, form=Header(4, 0, 4, "big", "record")),
        ),
        format="pcap.gz",
    ),
    Case(
        name="vendor-message-between-flights",
        title="A vendor message between the inner flights",
        what="Between the inner ClientHello and the inner ServerHello the host sends a message of the vendor's that "
        "nobody asked for ('Discarding HSM response because it does not match a pending request').",
        look="The inner TLS is bare, and the vendor's message among its flights is listed as skipped bytes.",
        connections=(
            Plan(
                outer=OUTER13,
                exchange=True,
                client_does=listens_between_flights,
                server_does=speaks_between_flights,
            ),
        ),
    ),
    Case(
        name="own-record-headers",
        title="Record headers replaced by the vendor's own",
        what="The five bytes before each inner record are taken away and eight of the vendor's stand there "
        "(a kind, a little-endian length); TLS can no longer be recognised in the outer plaintext.",
        look="There is no inner session. The cluster certificate is carved from the plaintext, shown and "
        "compared, and its slot stays unknown: a certificate outside a handshake passes nothing.",
        connections=(
            Plan(
                outer=OUTER13,
                inner=INNER12,
                exchange=True,
                form=OwnRecordHeaders(),
                outcome="unseen",
                stage="outer-established",
                slots=slots("pass", "pass", "unknown"),
            ),
        ),
        verdict="unknown",
    ),
    Case(
        name="outer-only",
        title="Vendor messages in the outer TLS, and no inner one",
        what="Client and host exchange their versions and the client closes: what a client without "
        "customerCA.crt does ('running in limited commands mode'), a legitimate state.",
        look="The outer session is established, no inner one was begun, and the inner slot is unknown "
        "because nothing was presented. Nothing failed.",
        connections=(
            Plan(
                outer=OUTER12,
                inner=None,
                exchange=True,
                outcome="unfinished",
                stage="outer-established",
                slots=slots("pass", "pass", "unknown"),
            ),
        ),
        verdict="unknown",
    ),
)
