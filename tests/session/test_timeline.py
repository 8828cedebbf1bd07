"""The order of a handshake does not depend on which direction the capture holds first."""

import pytest

from analyzer.session.facts import MessageSeen
from analyzer.session.timeline import LETTERS, history, in_handshake_order
from analyzer.stream import CLIENT, SERVER, Side, Span

# Each handshake as it goes over the wire, `C` client's and `S` server's, in the order of the RFCs' figures.
HANDSHAKES = {
    "TLS 1.2 in full with a client certificate (RFC 5246 figure 1)": (
        "C client_hello, S server_hello, S certificate, S server_key_exchange, S certificate_request,"
        " S server_hello_done, C certificate, C client_key_exchange, C certificate_verify,"
        " C change_cipher_spec, C finished, S new_session_ticket, S change_cipher_spec, S finished,"
        " C application_data, S application_data, C alert, S alert",
        "CsxkrnXGYIFtifDdLl",
    ),
    "TLS 1.2 abbreviated (RFC 5246 figure 2)": (
        "C client_hello, S server_hello, S change_cipher_spec, S finished, C change_cipher_spec, C finished,"
        " C application_data, S application_data",
        "CsifIFDd",
    ),
    "TLS 1.3 with HelloRetryRequest (RFC 8446 figure 2)": (
        "C client_hello, S hello_retry_request, S change_cipher_spec, C change_cipher_spec,"
        " C client_hello, S server_hello, S encrypted_extensions, S certificate_request, S certificate,"
        " S certificate_verify, S finished, C certificate, C certificate_verify, C finished,"
        " S new_session_ticket, C application_data, S application_data",
        "CjiICsorxyfXYFtDd",
    ),
    "TLS 1.3 whose server refuses the client's certificate after both Finished": (
        "C client_hello, S server_hello, S encrypted_extensions, S certificate_request, S certificate,"
        " S certificate_verify, S finished, C certificate, C certificate_verify, C finished, S alert",
        "CsorxyfXYFl",
    ),
    "TLS 1.2 whose server refuses the client's certificate": (
        "C client_hello, S server_hello, S certificate, S certificate_request, S server_hello_done,"
        " C certificate, C client_key_exchange, C change_cipher_spec, C finished, S alert",
        "CsxrnXGIFl",
    ),
    "TLS 1.3 with early data": (
        "C client_hello, C application_data, S server_hello, S encrypted_extensions, S finished,"
        " C end_of_early_data, C finished, S application_data",
        "CsofDEFd",
    ),
}


def messages(script: str) -> list[MessageSeen]:
    return [
        MessageSeen(
            CLIENT if step.split()[0] == "C" else SERVER,
            step.split()[1],
            4,
            Span(n, n, n, n),
            encrypted=False,
        )
        for n, step in enumerate(script.split(", "), 1)
    ]


def of(side: Side, script: list[MessageSeen]) -> list[MessageSeen]:
    return [message for message in script if message.side is side]


def in_order(client: list[MessageSeen], server: list[MessageSeen]) -> list[MessageSeen]:
    types = [m.type for m in client], [m.type for m in server]
    return in_handshake_order(client, server, types)


@pytest.mark.parametrize("name", HANDSHAKES)
def test_the_history_is_the_handshakes_own_order(name):
    script, letters = HANDSHAKES[name]
    seen = messages(script)
    ordered = in_order(of(CLIENT, seen), of(SERVER, seen))
    assert history(ordered) == letters
    for side in Side:
        assert of(side, ordered) == of(side, seen), "a side's own order is kept"


@pytest.mark.parametrize("first", Side)
@pytest.mark.parametrize("name", HANDSHAKES)
def test_a_direction_delayed_as_a_whole_changes_nothing_up_to_finished(name, first):
    script, letters = HANDSHAKES[name]
    seen = messages(script)
    late = [
        MessageSeen(m.side, m.type, m.size, Span(100, 100, 100, 100), encrypted=False)
        for m in of(first.peer, seen)
    ]
    sides = {first: of(first, seen), first.peer: late}
    told = history(in_order(sides[CLIENT], sides[SERVER]))
    finished = 1 + max(letters.find("f"), letters.find("F"))
    assert told[:finished] == letters[:finished]


def test_every_letter_is_zeeks():
    assert "".join(sorted(LETTERS.values())) == "abcdefghijklmnoprstuvwxxy"
