"""The chain cases: one a line, in the order v1, CA marks, dates, signers, intermediates, usages, keys, oddities."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from analyzer.stream import CLIENT
from tests.makers.certificates import name
from tests.verdict.chains import DAY, NOW, UNKNOWN_EXTENSION, ChainCase, Made, make

PAST, FUTURE = NOW - DAY, NOW + DAY

ROOT = make("Customer CA", ca=True)
ROOT_IDS = make("Customer CA", ca=True, ids=True, key_name="p256 ids")
ROOT_V1 = make("Customer CA", version=1, key_name="rsa v1")
TWIN = make("Customer CA", ca=True, key_name="p256 twin")
TWIN_IDS = make("Customer CA", ca=True, ids=True, key_name="p256 twin")
MIDDLE = make("Middle", ROOT, ca=True)
LOWER = make("Lower", MIDDLE, ca=True)


DNS = x509.DNSName("corp.example")
NET = x509.IPAddress(ip_network("10.0.0.0/24"))


def directory(organization: str) -> x509.GeneralName:
    return x509.DirectoryName(name(f"/O={organization}"))


def names(*some: x509.GeneralName) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName(some)


def constrained(permitted: list | None, excluded: list | None = None) -> Made:
    return make(
        "Customer CA", ca=True, extra=x509.NameConstraints(permitted, excluded), key_name="p256 nc"
    )


def leaf(issuer: Made, **how: object) -> Made:
    how.setdefault("key_name", "p256 leaf")
    subject = how.pop("subject", "HSM:1:PARTN:2, for FIPS mode")
    return make(subject, issuer, **how)  # type: ignore[arg-type]


def one(
    name: str, issuer: Made, *rest: Made, anchors: tuple[Made, ...] = (), **how: object
) -> ChainCase:
    """A leaf of `issuer`, which is the anchor unless others are given."""
    side = {"side": how.pop("side")} if "side" in how else {}
    at = {"at": how.pop("at")} if "at" in how else {}
    return ChainCase(name, leaf(issuer, **how), anchors or (issuer,), rest, **side, **at)  # type: ignore[arg-type]


def root(**how: object) -> Made:
    how.setdefault("ca", True)
    return make("Customer CA", **how)  # type: ignore[arg-type]


def under(issuer: Made, **how: object) -> Made:
    how.setdefault("ca", True)
    return make("Middle", issuer, **how)  # type: ignore[arg-type]


def through(name: str, middle: Made, anchor: Made = ROOT, **how: object) -> ChainCase:
    """A leaf of `middle`, which was sent along."""
    return one(name, middle, middle, anchors=(anchor,), **how)


SELF = make("HSM:1:PARTN:2, for FIPS mode")
LONE_V1 = make("HSM:1:PARTN:2, for FIPS mode", version=1)
ALL_TEN = [make("CA 0", ca=True)]
for number in range(1, 7):
    ALL_TEN.append(make(f"CA {number}", ALL_TEN[-1], ca=True))
PATH_0 = make("Customer CA", ca=True, path=0, ids=True)
SELF_ISSUED = make("Customer CA", PATH_0, ca=True, key_name="p256 rolled", ids=True)
NOT_CA_SUBJECT = make("CN of a leaf", ROOT)

CASES = (
    # X.509 v1, as AWS's guide makes cluster certificates
    one("v1 leaf of a v3 CA", ROOT, version=1),
    one("v3 leaf of a v1 CA", ROOT_V1),
    one("v1 leaf of a v1 CA", ROOT_V1, version=1),
    one("v1 leaf of a v1 CA, expired", ROOT_V1, version=1, end=PAST),
    through("v1 intermediate", under(ROOT, version=1)),
    through("v1 intermediate as the anchor", under(ROOT, version=1), under(ROOT, version=1)),
    ChainCase("v1 self-signed leaf as its own anchor", LONE_V1, (LONE_V1,)),
    # what marks a CA
    one("CA without basicConstraints", root(ca=None)),
    one("CA without basicConstraints, keyUsage says keyCertSign", root(ca=None, ku="key_cert_sign")),
    one("CA without basicConstraints, keyUsage says digitalSignature", root(ca=None, ku="digital_signature")),
    one("CA with basicConstraints not critical", root(critical=False)),
    one("CA:FALSE", root(ca=False)),
    one("CA:TRUE without keyCertSign", root(ku="digital_signature")),
    one("CA:TRUE with keyCertSign", root(ku="key_cert_sign crl_sign")),
    one("CA:FALSE with keyCertSign", root(ca=False, ku="key_cert_sign")),
    through("intermediate without basicConstraints", under(ROOT, ca=None)),
    through("intermediate with keyUsage alone", under(ROOT, ca=None, ku="key_cert_sign")),
    through("intermediate CA:FALSE", under(ROOT, ca=False)),
    one("a leaf as the issuer", NOT_CA_SUBJECT),
    one("leaf that is itself CA:TRUE", ROOT, ca=True),
    # dates at each place
    one("expired leaf", ROOT, end=PAST),
    one("leaf of tomorrow", ROOT, begin=FUTURE),
    one("expired CA", root(end=PAST)),
    one("CA of tomorrow", root(begin=FUTURE)),
    through("expired intermediate", under(ROOT, end=PAST)),
    through("expired root above a good intermediate", under(root(end=PAST)), root(end=PAST)),
    one("expired leaf of an expired CA", root(end=PAST), end=PAST),
    one("judged in its last second", ROOT, at=NOW, end=NOW),
    one("judged one second after its end", ROOT, end=NOW, at=NOW.replace(second=1)),
    one("judged in its first second", ROOT, at=NOW, begin=NOW),
    one("judged long ago", ROOT, at=NOW - 1000 * DAY),
    one("judged in the far future", ROOT, at=NOW + 10000 * DAY),
    ChainCase("expired leaf as its own anchor", one("", ROOT, end=PAST).leaf, (one("", ROOT, end=PAST).leaf,)),
    # signers
    one("another CA is trusted", ROOT, anchors=(make("Other CA", ca=True),)),
    one("a CA of the same name is trusted", ROOT, anchors=(TWIN,)),
    one("a CA of the same name is trusted, with key identifiers", ROOT_IDS, anchors=(TWIN_IDS,), ids=True),
    one("another key signed", ROOT, by="p256 stranger"),
    one("another kind of key signed", ROOT, by="rsa stranger"),
    one("both CAs of the name are trusted, with key identifiers", ROOT_IDS, anchors=(TWIN_IDS, ROOT_IDS), ids=True),
    one("the CA renewed with the same key", ROOT, anchors=(root(key_name=ROOT.key_name, serial=77),)),
    ChainCase("self-signed stranger", SELF, (ROOT,)),
    ChainCase("self-signed leaf as its own anchor", SELF, (SELF,)),
    ChainCase("leaf as its own anchor, CA unknown", leaf(ROOT), (leaf(ROOT),)),
    ChainCase("the CA itself is presented", ROOT, (ROOT,)),
    one("self-signed CA is sent, not trusted", ROOT, ROOT, anchors=(make("Other CA", ca=True),)),
    one("same name, twin sent along", ROOT, TWIN, anchors=(ROOT,), ids=True),
    # intermediates
    through("one intermediate", MIDDLE),
    one("two intermediates", LOWER, LOWER, MIDDLE, anchors=(ROOT,)),
    one("two intermediates in the wrong order", LOWER, MIDDLE, LOWER, anchors=(ROOT,)),
    one("two intermediates, the root sent too", LOWER, ROOT, MIDDLE, LOWER, anchors=(ROOT,)),
    one("an intermediate missing", LOWER, LOWER, anchors=(ROOT,)),
    one("an intermediate sent twice", MIDDLE, MIDDLE, MIDDLE, anchors=(ROOT,)),
    one("something unrelated sent along", MIDDLE, make("Unrelated", ca=True), MIDDLE, SELF, anchors=(ROOT,)),
    one("the intermediate is the anchor", MIDDLE),
    one("the intermediate is the anchor, the root is not sent", LOWER, LOWER, anchors=(MIDDLE,)),
    one("intermediates among the anchors", LOWER, anchors=(ROOT, MIDDLE, LOWER)),
    one("six intermediates", ALL_TEN[-1], *ALL_TEN[1:], anchors=(ALL_TEN[0],)),
    through("intermediate signed by a stranger", make("Middle", ROOT, by="p256 stranger", ca=True)),
    # path length
    one("path length 0 on the issuer", root(path=0)),
    through("path length 0 above an intermediate", under(root(path=0)), root(path=0)),
    through("path length 1 above an intermediate", under(root(path=1)), root(path=1)),
    through("path length 0 on the intermediate", under(ROOT, path=0)),
    one("path length 0 above a self-issued intermediate", SELF_ISSUED, SELF_ISSUED, anchors=(PATH_0,), ids=True),
    one("right key, other key identifier in the CA", ROOT_IDS, anchors=(make("Customer CA", ca=True, key_name="p256 ids", extra=x509.SubjectKeyIdentifier(b"other"), critical=False),), ids=True),
    # keyUsage and extended key usage
    one("server with serverAuth", ROOT, eku="server"),
    one("server with clientAuth only", ROOT, eku="client"),
    one("server with both", ROOT, eku="server client"),
    one("server with anyExtendedKeyUsage only", ROOT, eku="any"),
    one("server with server-gated crypto", ROOT, eku="sgc"),
    one("client with clientAuth", ROOT, eku="client", side=CLIENT),
    one("client with serverAuth only", ROOT, eku="server", side=CLIENT),
    one("client with email protection only", ROOT, eku="email", side=CLIENT),
    one("client without any usage", ROOT, side=CLIENT),
    one("server with digitalSignature", ROOT, ku="digital_signature"),
    one("server with keyEncipherment only", ROOT, ku="key_encipherment"),
    one("server with keyCertSign only", ROOT, ku="key_cert_sign"),
    one("client with keyEncipherment only", ROOT, ku="key_encipherment", side=CLIENT),
    one("client with keyAgreement only", ROOT, ku="key_agreement", side=CLIENT),
    one("client with contentCommitment only", ROOT, ku="content_commitment", side=CLIENT),
    one("CA for clients issues a server", root(eku="client")),
    one("CA for servers issues a server", root(eku="server")),
    through("intermediate for clients issues a server", under(ROOT, eku="client")),
    # name constraints
    one("subject within the permitted names", constrained([directory("Corp")]), subject="/O=Corp/CN=HSM"),
    one("subject outside the permitted names", constrained([directory("Corp")]), subject="/O=Other/CN=HSM"),
    one("subject within the permitted names in other letters", constrained([directory("CORP ")]), subject="/O=corp/CN=HSM"),
    one("subject within the excluded names", constrained(None, [directory("Corp")]), subject="/O=Corp/CN=HSM"),
    one("subject outside the excluded names", constrained(None, [directory("Corp")]), subject="/O=Other/CN=HSM"),
    one("host within the permitted names", constrained([DNS]), extra=names(x509.DNSName("hsm.corp.example")), critical=False),
    one("host that is the permitted name", constrained([DNS]), extra=names(x509.DNSName("Corp.Example")), critical=False),
    one("host outside the permitted names", constrained([DNS]), extra=names(x509.DNSName("hsmcorp.example")), critical=False),
    one("host within the excluded names", constrained(None, [DNS]), extra=names(x509.DNSName("a.corp.example")), critical=False),
    one("common name that is a host, outside", constrained([DNS]), subject="hsm.other.example"),
    one("common name that is a host, within", constrained([DNS]), subject="hsm.corp.example"),
    one("common name that is no host", constrained([DNS]), subject="HSM:1:PARTN:2, for FIPS mode"),
    one("address within the permitted network", constrained([NET]), extra=names(x509.IPAddress(ip_address("10.0.0.9"))), critical=False),
    one("address outside the permitted network", constrained([NET]), extra=names(x509.IPAddress(ip_address("10.1.0.9"))), critical=False),
    one("e-mail of the permitted host", constrained([x509.RFC822Name("corp.example")]), subject="/CN=HSM/emailAddress=a@corp.example"),
    one("e-mail of another host", constrained([x509.RFC822Name("corp.example")]), subject="/CN=HSM/emailAddress=a@b.example"),
    one("e-mail of a host of the permitted domain", constrained([x509.RFC822Name(".corp.example")]), subject="/CN=HSM/emailAddress=a@b.corp.example"),
    through("an intermediate outside the permitted names", under(constrained([directory("Corp")])), constrained([directory("Corp")]), subject="/O=Corp/CN=HSM"),
    # kinds of keys and signatures
    one("RSA", root(key_name="rsa"), key_name="rsa leaf"),
    one("RSA 1024", root(key_name="rsa1024"), key_name="rsa1024 leaf"),
    one("RSA with SHA-1", root(key_name="rsa"), weak="sha1"),
    one("RSA with MD5", root(key_name="rsa"), weak="md5"),
    one("RSA with SHA-512", root(key_name="rsa"), digest=hashes.SHA512()),
    one("RSA-PSS", root(key_name="rsa"), pss=True),
    one("P-384", root(key_name="p384"), digest=hashes.SHA384()),
    one("P-521", root(key_name="p521"), digest=hashes.SHA512()),
    one("Ed25519", root(key_name="ed25519"), key_name="ed25519 leaf"),
    one("Ed25519, another key signed", root(key_name="ed25519"), by="ed25519 stranger"),
    one("Ed448", root(key_name="ed448")),
    one("DSA", root(key_name="dsa")),
    # extensions nobody knows
    one("unknown critical extension", ROOT, extra=UNKNOWN_EXTENSION),
    one("unknown extension", ROOT, extra=UNKNOWN_EXTENSION, critical=False),
    one("unknown critical extension in the CA", root(extra=UNKNOWN_EXTENSION)),
    one("critical subjectAltName", ROOT, extra=x509.SubjectAlternativeName([x509.DNSName("hsm.example")])),
)  # fmt: skip
