"""Every chain is judged as `openssl verify -attime -purpose -partial_chain` judges it."""

import shutil

import pytest

from analyzer.verdict.certificates.chain import walk
from tests.verdict.chain_cases import CASES
from tests.verdict.chains import ChainCase, openssl_verify

# openssl/x509_vfy.h: each error that openssl stops at, and the defects that say the same.
MEANINGS = {
    2: {"issuer-unknown"},
    7: {"signature"},
    9: {"not-yet-valid"},
    10: {"expired"},
    18: {"self-signed"},
    19: {"self-signed"},
    # A same-named issuer with another key identifier is no issuer to openssl; here it is a near miss.
    20: {"issuer-unknown", "signature", "issuer-not-ca", "key-identifier"},
    21: {"issuer-unknown"},
    24: {"issuer-not-ca"},
    25: {"path-length"},
    26: {"purpose"},
    32: {"issuer-not-ca"},
    34: {"critical-extension"},
    # X509_V_ERR_PERMITTED_VIOLATION to X509_V_ERR_UNSUPPORTED_NAME_SYNTAX
    **{error: {"name-constraints"} for error in (47, 48, 49, 51, 52, 53)},
    79: {"issuer-not-ca"},
}


def walked(case: ChainCase):
    return walk(
        case.leaf.facts,
        [made.facts for made in case.rest],
        [made.facts for made in case.anchors],
        case.at,
        side=case.side,
    )


def test_there_are_at_least_sixty_cases_with_names_of_their_own():
    assert len({case.name for case in CASES}) == len(CASES) >= 60


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_openssl_agrees(case, tmp_path):
    trusted, error, said = openssl_verify(case, tmp_path)
    found = walked(case)

    assert found.trusted is trusted, (said, found.defects)
    if not trusted:
        assert error is not None, said
        assert any(found.has(code) for code in MEANINGS[error]), (said, found.defects)
