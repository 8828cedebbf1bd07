"""Key schedules against published vectors."""

from __future__ import annotations

import pytest

from analyzer.stream import CLIENT, SERVER
from analyzer.tls import schedule
from analyzer.tls.opener import tls13_opener
from analyzer.tls.schedule import Prf
from analyzer.tls.suites import SUITES


def x(text: str) -> bytes:
    return bytes.fromhex(text)


# RFC 5869 appendix A: hash, IKM, salt, info, PRK, OKM
RFC5869 = [
    (
        "SHA256",
        "0b" * 22,
        "000102030405060708090a0b0c",
        "f0f1f2f3f4f5f6f7f8f9",
        "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    (
        "SHA256",
        "0b" * 22,
        "",
        "",
        "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
    (
        "SHA",
        "0b" * 11,
        "000102030405060708090a0b0c",
        "f0f1f2f3f4f5f6f7f8f9",
        "9b6c18c432a7bf8f0e71c8eb88f4b30baa2ba243",
        "085a01ea1b10f36933068b56efa5ad81a4f14b822f5b091568a9cdd4f155fda2c22e422478d305f3f896",
    ),
]


@pytest.mark.parametrize(("name", "key", "salt", "info", "prk", "okm"), RFC5869)
def test_hkdf_gives_the_vectors_of_rfc_5869(name, key, salt, info, prk, okm):
    assert schedule.hkdf_extract(name, x(salt), x(key)) == x(prk)
    assert schedule.hkdf_expand(name, x(prk), x(info), len(x(okm))) == x(okm)


# RFC 8448 section 3, "Simple 1-RTT Handshake"
SHARED = x("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d")
HELLOS = x("860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8")
TO_SERVER_FINISHED = x("9608102a0f1ccc6db6250b7b7e417b1a000eaada3daae4777a7686c9ff83df13")
CLIENT_HANDSHAKE = x("b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21")
SERVER_HANDSHAKE = x("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38")
CLIENT_TRAFFIC = x("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5")
SERVER_TRAFFIC = x("a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643")


def test_the_schedule_of_tls13_is_that_of_rfc_8448():
    early = schedule.early_secret("SHA256", b"")
    assert early == x("33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a")
    handshake = schedule.next_stage("SHA256", early, SHARED)
    assert handshake == x("1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac")
    assert schedule.derive_secret("SHA256", handshake, "c hs traffic", HELLOS) == CLIENT_HANDSHAKE
    assert schedule.derive_secret("SHA256", handshake, "s hs traffic", HELLOS) == SERVER_HANDSHAKE
    main = schedule.next_stage("SHA256", handshake, b"")
    assert main == x("18df06843d13a08bf2a449844c5f8a478001bc4d4c627984d5a41da8d0402919")
    for label, secret in (("c ap traffic", CLIENT_TRAFFIC), ("s ap traffic", SERVER_TRAFFIC)):
        assert schedule.derive_secret("SHA256", main, label, TO_SERVER_FINISHED) == secret


@pytest.mark.parametrize(
    ("secret", "key", "iv"),
    [
        (SERVER_HANDSHAKE, "3fce516009c21727d0f2e4e86ee403bc", "5d313eb2671276ee13000b30"),
        (CLIENT_HANDSHAKE, "dbfaa693d1762c5b666af5d950258d01", "5bd3c71b836e0b76bb73265f"),
        (SERVER_TRAFFIC, "9f02283b6c9c07efc26bb9f2ac92e356", "cf782b88dd83549aadf1e984"),
        (CLIENT_TRAFFIC, "17422dda596ed5d9acd890e3c63f5051", "5b78923dee08579033e523d9"),
    ],
)
def test_traffic_keys_are_those_of_rfc_8448(secret, key, iv):
    assert schedule.traffic_keys("SHA256", secret, 16) == (x(key), x(iv))


def test_the_clients_finished_is_that_of_rfc_8448():
    verify_data = schedule.finished13("SHA256", CLIENT_HANDSHAKE, TO_SERVER_FINISHED)
    assert verify_data == x("a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61")


def test_records_of_rfc_8448_open():
    suite = SUITES[0x1301]
    client = tls13_opener(suite, CLIENT_TRAFFIC)
    server = tls13_opener(suite, SERVER_TRAFFIC)
    # The server's second record under these keys: its first is a NewSessionTicket.
    server.sequence = 1
    content = bytes(range(50))
    sealed_by_client = x(
        "a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20"
        "441e2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4"
    )
    sealed_by_server = x(
        "2e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e30efaf97d90e6dffc602dcb50"
        "1a59a8fcc49c4bf2e5f0a21c0047c2abf332540dd032e167c2955d"
    )
    assert client.open(23, 0x0303, sealed_by_client) == (23, content)
    assert server.open(23, 0x0303, sealed_by_server) == (23, content)


# "Test vectors for TLS 1.2 PRF", TLS working group's list, 2009; label "test label"
PRF12 = [
    (
        "SHA256",
        "9bbe436ba940f017b17652849a71db35",
        "a0ba9f936cda311827a6f796ffd5198c",
        "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af"
        "0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701"
        "87347b66",
    ),
    (
        "SHA384",
        "b80b733d6ceefcdc71566ea48e5567df",
        "cd665cf6a8447dd6ff8b27555edb7465",
        "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0"
        "e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d918425"
        "9b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e099070"
        "3d73e56f",
    ),
]


@pytest.mark.parametrize(("name", "secret", "seed", "output"), PRF12)
def test_the_prf_of_tls12_gives_the_published_vectors(name, secret, seed, output):
    prf = Prf(schedule.TLS12, name)
    assert prf.expand(x(secret), b"test label", x(seed), len(x(output))) == x(output)


@pytest.mark.parametrize("version", [schedule.TLS10, schedule.TLS11])
def test_the_prf_of_tls10_gives_the_published_vector(version):
    output = x(
        "d3d4d1e349b5d515044666d51de32bab258cb521b6b053463e354832fd976754443bcf9a296519bc289abcbc1187e4eb"
        "d31e602353776c408aafb74cbc85eff69255f9788faa184cbb957a9819d84a5d7eb006eb459d3ae8de9810454b8b2d8f"
        "1afbc655a8c9a013"
    )
    prf = Prf(version, "SHA256")
    assert prf.expand(b"\xab" * 48, b"PRF Testvector", b"\xcd" * 64, 104) == output


def test_finished_values_differ_by_side_in_every_version():
    for version in (schedule.SSL3, schedule.TLS10, schedule.TLS12):
        prf = Prf(version, "SHA256")
        client, server = (prf.finished(b"m" * 48, side, b"messages") for side in (CLIENT, SERVER))
        assert client != server
        assert len(client) == (36 if version == schedule.SSL3 else 12)
