"""Chains by chance, judged as openssl judges them.

Left out are two known differences, in which openssl follows one way where here the best is taken: several
CAs with one name, and issuers that were sent along with a certificate that is itself the anchor.
"""

import random
import shutil

import pytest

from analyzer.stream import CLIENT, SERVER
from tests.verdict.chains import DAY, NOW, ChainCase, make, openssl_verify
from tests.verdict.test_chain_against_openssl import MEANINGS, walked

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")

USAGES = [
    "key_cert_sign",
    "digital_signature",
    "key_cert_sign digital_signature",
    "key_encipherment",
    "key_agreement",
    "crl_sign",
]
PURPOSES = ["server", "client", "server client", "any", "email"]


def attributes(chance: random.Random, *, ca: bool) -> dict:
    """What a certificate is like; a CA mostly as it should be."""
    how: dict = {"key_name": chance.choice(["p256 a", "p256 b", "p256 c", "rsa x"])}
    if chance.random() < 0.2:
        how["version"] = 1
    else:
        how["ca"] = chance.choice([True] * 4 + [False, None] if ca else [None, None, False, True])
        how["critical"] = chance.random() < 0.7
        if how["ca"] and chance.random() < 0.3:
            how["path"] = chance.choice([0, 1, 2])
        if chance.random() < 0.3:
            how["ku"] = chance.choice(USAGES)
        if chance.random() < 0.3:
            how["eku"] = chance.choice(PURPOSES)
        how["ids"] = chance.random() < 0.4
    date = chance.random()
    if date < 0.1:
        how["end"] = NOW - DAY
    elif date < 0.2:
        how["begin"] = NOW + DAY
    return how


def chain(chance: random.Random) -> ChainCase:
    certificates = []
    depth = chance.choice([0, 1, 1, 2, 2, 3])
    for level in range(depth + 1):
        leaf = level == depth
        how = attributes(chance, ca=not leaf)
        if certificates and chance.random() < 0.08:
            how["by"] = chance.choice(["p256 stranger", "rsa stranger"])
        issuer = certificates[-1] if certificates else None
        certificates.append(make("Leaf" if leaf else f"CA {level}", issuer, **how))
    *above, own = certificates
    anchors = [ca for ca in above if chance.random() < 0.5]
    anchors = anchors or (
        [above[0]] if above and chance.random() < 0.8 else [make("Else", ca=True)]
    )
    sent = [ca for ca in above if chance.random() < 0.8]
    chance.shuffle(sent)
    side = chance.choice([CLIENT, SERVER])
    return ChainCase("by chance", own, tuple(anchors), tuple(sent), side)


@pytest.mark.parametrize("seed", range(5))
def test_openssl_agrees_on_chains_by_chance(seed, tmp_path):
    chance = random.Random(seed)
    answers = set()
    for _ in range(50):
        case = chain(chance)
        trusted, error, said = openssl_verify(case, tmp_path)
        found = walked(case)

        assert found.trusted is trusted, (said, found.defects)
        assert trusted or any(found.has(code) for code in MEANINGS[error]), (said, found.defects)
        answers.add(trusted)
    assert answers == {True, False}
