"""Every cipher suite that IANA has registered, and the ciphers that they name, as two tables.

A suite is a row of `_ROWS`: who exchanges keys how, which cipher seals the records and under which
hashes. What a cipher needs (key, IVs, tag) is a row of `_CIPHERS`. Whether this program can open what
a suite seals is not decided here but by the openers (`analyzer.tls.opener`).

Source: the "TLS Cipher Suites" registry of "Transport Layer Security (TLS) Parameters" (IANA), with
the few unregistered suites that were widely deployed.
"""

from __future__ import annotations

from analyzer.values import dataclass


@dataclass(frozen=True, slots=True)
class Cipher:
    """What seals a record, and how much key material it takes. All sizes in bytes.

    Attributes:
        name: as in the names of suites, e.g. `AES_256_GCM`.
        kind: `aead`, `block` (CBC), `stream` or `null`; `other` where a suite defines its own protection.
        key: length of the key that the cipher runs with.
        material: length of the key taken from the key block; less than `key` for export ciphers only.
        block: block length; it is also the length of a CBC cipher's IV.
        fixed_iv: part of an AEAD nonce that is derived with the keys in TLS 1.2 (in TLS 1.3: 12 always).
        record_iv: part of an AEAD nonce that every TLS 1.2 record carries.
        tag: length of the AEAD tag.
    """

    name: str
    kind: str
    key: int
    material: int
    block: int
    fixed_iv: int
    record_iv: int
    tag: int


@dataclass(frozen=True, slots=True)
class Suite:
    """One cipher suite.

    Attributes:
        number: the two bytes on the wire as an int.
        name: IANA's.
        key_exchange: `RSA`, `DHE`, `ECDHE`, `PSK` ...; empty where the suite leaves it open (TLS 1.3).
        authentication: `RSA`, `ECDSA`, `DSS`, `PSK`, `anon` ...; empty where the suite leaves it open.
        cipher: what seals the records; None for the signalling values that are no suites.
        mac: hash of the record MAC (`MD5`, `SHA`, `SHA256`, `SHA384`); empty for AEAD ciphers.
        prf: hash of the key schedule in TLS 1.2 and 1.3. Older versions have theirs fixed.
    """

    number: int
    name: str
    key_exchange: str
    authentication: str
    cipher: Cipher | None
    mac: str
    prf: str

    @property
    def tls13(self) -> bool:
        """It is a suite of TLS 1.3; those are of no earlier version, and no others are of TLS 1.3."""
        return self.cipher is not None and not self.key_exchange

    @property
    def export(self) -> bool:
        """Its keys were weakened for export (RFC 2246 section 6.3.1)."""
        return "_EXPORT" in self.name


def suite_name(number: int) -> str:
    """IANA's name of a suite, or `0x1a2b` for a number that has none."""
    suite = SUITES.get(number)
    return suite.name if suite else f"0x{number:04x}"


# fmt: off
_CIPHERS = (
    # name, kind, key, material, block, fixed IV, record IV, tag

    # RFC 5246 section 6.2.3, RFC 2246 section 6.3.1 (export)
    Cipher("NULL",                "null",    0,  0,  0,  0, 0,  0),
    Cipher("RC4_40",              "stream", 16,  5,  0,  0, 0,  0),
    Cipher("RC4_56",              "stream", 16,  7,  0,  0, 0,  0),
    Cipher("RC4_128",             "stream", 16, 16,  0,  0, 0,  0),
    Cipher("RC2_CBC_40",          "block",  16,  5,  8,  0, 0,  0),
    Cipher("RC2_CBC_56",          "block",  16,  7,  8,  0, 0,  0),
    Cipher("DES40_CBC",           "block",   8,  5,  8,  0, 0,  0),
    Cipher("DES_CBC",             "block",   8,  8,  8,  0, 0,  0),
    Cipher("3DES_EDE_CBC",        "block",  24, 24,  8,  0, 0,  0),
    Cipher("IDEA_CBC",            "block",  16, 16,  8,  0, 0,  0),
    Cipher("AES_128_CBC",         "block",  16, 16, 16,  0, 0,  0),
    Cipher("AES_256_CBC",         "block",  32, 32, 16,  0, 0,  0),
    Cipher("CAMELLIA_128_CBC",    "block",  16, 16, 16,  0, 0,  0),   # RFC 5932
    Cipher("CAMELLIA_256_CBC",    "block",  32, 32, 16,  0, 0,  0),
    Cipher("SEED_CBC",            "block",  16, 16, 16,  0, 0,  0),   # RFC 4162
    Cipher("ARIA_128_CBC",        "block",  16, 16, 16,  0, 0,  0),   # RFC 6209
    Cipher("ARIA_256_CBC",        "block",  32, 32, 16,  0, 0,  0),
    # RFC 5288, RFC 6655, RFC 6209, RFC 6367, RFC 7905, RFC 8998
    Cipher("AES_128_GCM",         "aead",   16, 16,  0,  4, 8, 16),
    Cipher("AES_256_GCM",         "aead",   32, 32,  0,  4, 8, 16),
    Cipher("AES_128_CCM",         "aead",   16, 16,  0,  4, 8, 16),
    Cipher("AES_256_CCM",         "aead",   32, 32,  0,  4, 8, 16),
    Cipher("AES_128_CCM_8",       "aead",   16, 16,  0,  4, 8,  8),
    Cipher("AES_256_CCM_8",       "aead",   32, 32,  0,  4, 8,  8),
    Cipher("ARIA_128_GCM",        "aead",   16, 16,  0,  4, 8, 16),
    Cipher("ARIA_256_GCM",        "aead",   32, 32,  0,  4, 8, 16),
    Cipher("CAMELLIA_128_GCM",    "aead",   16, 16,  0,  4, 8, 16),
    Cipher("CAMELLIA_256_GCM",    "aead",   32, 32,  0,  4, 8, 16),
    Cipher("CHACHA20_POLY1305",   "aead",   32, 32,  0, 12, 0, 16),
    Cipher("SM4_GCM",             "aead",   16, 16,  0,  4, 8, 16),
    Cipher("SM4_CCM",             "aead",   16, 16,  0,  4, 8, 16),
    # draft-irtf-cfrg-aegis-aead, RFC 9189, RFC 9367: a protection of their own
    Cipher("AEGIS_128L",          "other",  16, 16,  0,  0, 0, 16),
    Cipher("AEGIS_256",           "other",  32, 32,  0,  0, 0, 16),
    Cipher("28147_CNT",           "other",  32, 32,  8,  0, 0,  4),
    Cipher("KUZNYECHIK_CTR",      "other",  32, 32, 16,  0, 0, 16),
    Cipher("MAGMA_CTR",           "other",  32, 32,  8,  0, 0,  8),
    Cipher("KUZNYECHIK_MGM_L",    "other",  32, 32, 16,  0, 0, 16),
    Cipher("MAGMA_MGM_L",         "other",  32, 32,  8,  0, 0,  8),
    Cipher("KUZNYECHIK_MGM_S",    "other",  32, 32, 16,  0, 0, 16),
    Cipher("MAGMA_MGM_S",         "other",  32, 32,  8,  0, 0,  8),
)

_ROWS = (
    # number, name, key exchange, authentication, cipher, MAC hash, PRF hash

    # RFC 5246 appendix A.5, RFC 4346 appendix A.5 (export), RFC 5469 (DES, IDEA)
    (0x0000, "TLS_NULL_WITH_NULL_NULL",                       "NULL",       "NULL",    "NULL",              "",          "SHA256"),
    (0x0001, "TLS_RSA_WITH_NULL_MD5",                         "RSA",        "RSA",     "NULL",              "MD5",       "SHA256"),
    (0x0002, "TLS_RSA_WITH_NULL_SHA",                         "RSA",        "RSA",     "NULL",              "SHA",       "SHA256"),
    (0x0003, "TLS_RSA_EXPORT_WITH_RC4_40_MD5",                "RSA_EXPORT", "RSA",     "RC4_40",            "MD5",       "SHA256"),
    (0x0004, "TLS_RSA_WITH_RC4_128_MD5",                      "RSA",        "RSA",     "RC4_128",           "MD5",       "SHA256"),
    (0x0005, "TLS_RSA_WITH_RC4_128_SHA",                      "RSA",        "RSA",     "RC4_128",           "SHA",       "SHA256"),
    (0x0006, "TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5",            "RSA_EXPORT", "RSA",     "RC2_CBC_40",        "MD5",       "SHA256"),
    (0x0007, "TLS_RSA_WITH_IDEA_CBC_SHA",                     "RSA",        "RSA",     "IDEA_CBC",          "SHA",       "SHA256"),
    (0x0008, "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA",             "RSA_EXPORT", "RSA",     "DES40_CBC",         "SHA",       "SHA256"),
    (0x0009, "TLS_RSA_WITH_DES_CBC_SHA",                      "RSA",        "RSA",     "DES_CBC",           "SHA",       "SHA256"),
    (0x000A, "TLS_RSA_WITH_3DES_EDE_CBC_SHA",                 "RSA",        "RSA",     "3DES_EDE_CBC",      "SHA",       "SHA256"),
    (0x000B, "TLS_DH_DSS_EXPORT_WITH_DES40_CBC_SHA",          "DH",         "DSS",     "DES40_CBC",         "SHA",       "SHA256"),
    (0x000C, "TLS_DH_DSS_WITH_DES_CBC_SHA",                   "DH",         "DSS",     "DES_CBC",           "SHA",       "SHA256"),
    (0x000D, "TLS_DH_DSS_WITH_3DES_EDE_CBC_SHA",              "DH",         "DSS",     "3DES_EDE_CBC",      "SHA",       "SHA256"),
    (0x000E, "TLS_DH_RSA_EXPORT_WITH_DES40_CBC_SHA",          "DH",         "RSA",     "DES40_CBC",         "SHA",       "SHA256"),
    (0x000F, "TLS_DH_RSA_WITH_DES_CBC_SHA",                   "DH",         "RSA",     "DES_CBC",           "SHA",       "SHA256"),
    (0x0010, "TLS_DH_RSA_WITH_3DES_EDE_CBC_SHA",              "DH",         "RSA",     "3DES_EDE_CBC",      "SHA",       "SHA256"),
    (0x0011, "TLS_DHE_DSS_EXPORT_WITH_DES40_CBC_SHA",         "DHE",        "DSS",     "DES40_CBC",         "SHA",       "SHA256"),
    (0x0012, "TLS_DHE_DSS_WITH_DES_CBC_SHA",                  "DHE",        "DSS",     "DES_CBC",           "SHA",       "SHA256"),
    (0x0013, "TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA",             "DHE",        "DSS",     "3DES_EDE_CBC",      "SHA",       "SHA256"),
    (0x0014, "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA",         "DHE",        "RSA",     "DES40_CBC",         "SHA",       "SHA256"),
    (0x0015, "TLS_DHE_RSA_WITH_DES_CBC_SHA",                  "DHE",        "RSA",     "DES_CBC",           "SHA",       "SHA256"),
    (0x0016, "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA",             "DHE",        "RSA",     "3DES_EDE_CBC",      "SHA",       "SHA256"),
    (0x0017, "TLS_DH_anon_EXPORT_WITH_RC4_40_MD5",            "DHE",        "anon",    "RC4_40",            "MD5",       "SHA256"),
    (0x0018, "TLS_DH_anon_WITH_RC4_128_MD5",                  "DHE",        "anon",    "RC4_128",           "MD5",       "SHA256"),
    (0x0019, "TLS_DH_anon_EXPORT_WITH_DES40_CBC_SHA",         "DHE",        "anon",    "DES40_CBC",         "SHA",       "SHA256"),
    (0x001A, "TLS_DH_anon_WITH_DES_CBC_SHA",                  "DHE",        "anon",    "DES_CBC",           "SHA",       "SHA256"),
    (0x001B, "TLS_DH_anon_WITH_3DES_EDE_CBC_SHA",             "DHE",        "anon",    "3DES_EDE_CBC",      "SHA",       "SHA256"),
    # RFC 2712
    (0x001E, "TLS_KRB5_WITH_DES_CBC_SHA",                     "KRB5",       "KRB5",    "DES_CBC",           "SHA",       "SHA256"),
    (0x001F, "TLS_KRB5_WITH_3DES_EDE_CBC_SHA",                "KRB5",       "KRB5",    "3DES_EDE_CBC",      "SHA",       "SHA256"),
    (0x0020, "TLS_KRB5_WITH_RC4_128_SHA",                     "KRB5",       "KRB5",    "RC4_128",           "SHA",       "SHA256"),
    (0x0021, "TLS_KRB5_WITH_IDEA_CBC_SHA",                    "KRB5",       "KRB5",    "IDEA_CBC",          "SHA",       "SHA256"),
    (0x0022, "TLS_KRB5_WITH_DES_CBC_MD5",                     "KRB5",       "KRB5",    "DES_CBC",           "MD5",       "SHA256"),
    (0x0023, "TLS_KRB5_WITH_3DES_EDE_CBC_MD5",                "KRB5",       "KRB5",    "3DES_EDE_CBC",      "MD5",       "SHA256"),
    (0x0024, "TLS_KRB5_WITH_RC4_128_MD5",                     "KRB5",       "KRB5",    "RC4_128",           "MD5",       "SHA256"),
    (0x0025, "TLS_KRB5_WITH_IDEA_CBC_MD5",                    "KRB5",       "KRB5",    "IDEA_CBC",          "MD5",       "SHA256"),
    (0x0026, "TLS_KRB5_EXPORT_WITH_DES_CBC_40_SHA",           "KRB5",       "KRB5",    "DES40_CBC",         "SHA",       "SHA256"),
    (0x0027, "TLS_KRB5_EXPORT_WITH_RC2_CBC_40_SHA",           "KRB5",       "KRB5",    "RC2_CBC_40",        "SHA",       "SHA256"),
    (0x0028, "TLS_KRB5_EXPORT_WITH_RC4_40_SHA",               "KRB5",       "KRB5",    "RC4_40",            "SHA",       "SHA256"),
    (0x0029, "TLS_KRB5_EXPORT_WITH_DES_CBC_40_MD5",           "KRB5",       "KRB5",    "DES40_CBC",         "MD5",       "SHA256"),
    (0x002A, "TLS_KRB5_EXPORT_WITH_RC2_CBC_40_MD5",           "KRB5",       "KRB5",    "RC2_CBC_40",        "MD5",       "SHA256"),
    (0x002B, "TLS_KRB5_EXPORT_WITH_RC4_40_MD5",               "KRB5",       "KRB5",    "RC4_40",            "MD5",       "SHA256"),
    # RFC 4785
    (0x002C, "TLS_PSK_WITH_NULL_SHA",                         "PSK",        "PSK",     "NULL",              "SHA",       "SHA256"),
    (0x002D, "TLS_DHE_PSK_WITH_NULL_SHA",                     "DHE_PSK",    "PSK",     "NULL",              "SHA",       "SHA256"),
    (0x002E, "TLS_RSA_PSK_WITH_NULL_SHA",                     "RSA_PSK",    "RSA",     "NULL",              "SHA",       "SHA256"),
    # RFC 5246 appendix A.5
    (0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA",                  "RSA",        "RSA",     "AES_128_CBC",       "SHA",       "SHA256"),
    (0x0030, "TLS_DH_DSS_WITH_AES_128_CBC_SHA",               "DH",         "DSS",     "AES_128_CBC",       "SHA",       "SHA256"),
    (0x0031, "TLS_DH_RSA_WITH_AES_128_CBC_SHA",               "DH",         "RSA",     "AES_128_CBC",       "SHA",       "SHA256"),
    (0x0032, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA",              "DHE",        "DSS",     "AES_128_CBC",       "SHA",       "SHA256"),
    (0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",              "DHE",        "RSA",     "AES_128_CBC",       "SHA",       "SHA256"),
    (0x0034, "TLS_DH_anon_WITH_AES_128_CBC_SHA",              "DHE",        "anon",    "AES_128_CBC",       "SHA",       "SHA256"),
    (0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA",                  "RSA",        "RSA",     "AES_256_CBC",       "SHA",       "SHA256"),
    (0x0036, "TLS_DH_DSS_WITH_AES_256_CBC_SHA",               "DH",         "DSS",     "AES_256_CBC",       "SHA",       "SHA256"),
    (0x0037, "TLS_DH_RSA_WITH_AES_256_CBC_SHA",               "DH",         "RSA",     "AES_256_CBC",       "SHA",       "SHA256"),
    (0x0038, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA",              "DHE",        "DSS",     "AES_256_CBC",       "SHA",       "SHA256"),
    (0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",              "DHE",        "RSA",     "AES_256_CBC",       "SHA",       "SHA256"),
    (0x003A, "TLS_DH_anon_WITH_AES_256_CBC_SHA",              "DHE",        "anon",    "AES_256_CBC",       "SHA",       "SHA256"),
    (0x003B, "TLS_RSA_WITH_NULL_SHA256",                      "RSA",        "RSA",     "NULL",              "SHA256",    "SHA256"),
    (0x003C, "TLS_RSA_WITH_AES_128_CBC_SHA256",               "RSA",        "RSA",     "AES_128_CBC",       "SHA256",    "SHA256"),
    (0x003D, "TLS_RSA_WITH_AES_256_CBC_SHA256",               "RSA",        "RSA",     "AES_256_CBC",       "SHA256",    "SHA256"),
    (0x003E, "TLS_DH_DSS_WITH_AES_128_CBC_SHA256",            "DH",         "DSS",     "AES_128_CBC",       "SHA256",    "SHA256"),
    (0x003F, "TLS_DH_RSA_WITH_AES_128_CBC_SHA256",            "DH",         "RSA",     "AES_128_CBC",       "SHA256",    "SHA256"),
    (0x0040, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA256",           "DHE",        "DSS",     "AES_128_CBC",       "SHA256",    "SHA256"),
    # RFC 5932
    (0x0041, "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA",             "RSA",        "RSA",     "CAMELLIA_128_CBC",  "SHA",       "SHA256"),
    (0x0042, "TLS_DH_DSS_WITH_CAMELLIA_128_CBC_SHA",          "DH",         "DSS",     "CAMELLIA_128_CBC",  "SHA",       "SHA256"),
    (0x0043, "TLS_DH_RSA_WITH_CAMELLIA_128_CBC_SHA",          "DH",         "RSA",     "CAMELLIA_128_CBC",  "SHA",       "SHA256"),
    (0x0044, "TLS_DHE_DSS_WITH_CAMELLIA_128_CBC_SHA",         "DHE",        "DSS",     "CAMELLIA_128_CBC",  "SHA",       "SHA256"),
    (0x0045, "TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA",         "DHE",        "RSA",     "CAMELLIA_128_CBC",  "SHA",       "SHA256"),
    (0x0046, "TLS_DH_anon_WITH_CAMELLIA_128_CBC_SHA",         "DHE",        "anon",    "CAMELLIA_128_CBC",  "SHA",       "SHA256"),
    # draft-ietf-tls-56-bit-ciphersuites-01: never registered, reserved because it was deployed
    (0x0060, "TLS_RSA_EXPORT1024_WITH_RC4_56_MD5",            "RSA_EXPORT", "RSA",     "RC4_56",            "MD5",       "SHA256"),
    (0x0061, "TLS_RSA_EXPORT1024_WITH_RC2_CBC_56_MD5",        "RSA_EXPORT", "RSA",     "RC2_CBC_56",        "MD5",       "SHA256"),
    (0x0062, "TLS_RSA_EXPORT1024_WITH_DES_CBC_SHA",           "RSA_EXPORT", "RSA",     "DES_CBC",           "SHA",       "SHA256"),
    (0x0063, "TLS_DHE_DSS_EXPORT1024_WITH_DES_CBC_SHA",       "DHE",        "DSS",     "DES_CBC",           "SHA",       "SHA256"),
    (0x0064, "TLS_RSA_EXPORT1024_WITH_RC4_56_SHA",            "RSA_EXPORT", "RSA",     "RC4_56",            "SHA",       "SHA256"),
    (0x0065, "TLS_DHE_DSS_EXPORT1024_WITH_RC4_56_SHA",        "DHE",        "DSS",     "RC4_56",            "SHA",       "SHA256"),
    (0x0066, "TLS_DHE_DSS_WITH_RC4_128_SHA",                  "DHE",        "DSS",     "RC4_128",           "SHA",       "SHA256"),
    # RFC 5246 appendix A.5
    (0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256",           "DHE",        "RSA",     "AES_128_CBC",       "SHA256",    "SHA256"),
    (0x0068, "TLS_DH_DSS_WITH_AES_256_CBC_SHA256",            "DH",         "DSS",     "AES_256_CBC",       "SHA256",    "SHA256"),
    (0x0069, "TLS_DH_RSA_WITH_AES_256_CBC_SHA256",            "DH",         "RSA",     "AES_256_CBC",       "SHA256",    "SHA256"),
    (0x006A, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA256",           "DHE",        "DSS",     "AES_256_CBC",       "SHA256",    "SHA256"),
    (0x006B, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256",           "DHE",        "RSA",     "AES_256_CBC",       "SHA256",    "SHA256"),
    (0x006C, "TLS_DH_anon_WITH_AES_128_CBC_SHA256",           "DHE",        "anon",    "AES_128_CBC",       "SHA256",    "SHA256"),
    (0x006D, "TLS_DH_anon_WITH_AES_256_CBC_SHA256",           "DHE",        "anon",    "AES_256_CBC",       "SHA256",    "SHA256"),
    # draft-chudov-cryptopro-cptls-04: never registered
    (0x0080, "TLS_GOSTR341094_WITH_28147_CNT_IMIT",           "GOST",       "GOST",    "28147_CNT",         "IMIT",      "GOSTR3411"),
    (0x0081, "TLS_GOSTR341001_WITH_28147_CNT_IMIT",           "GOST",       "GOST",    "28147_CNT",         "IMIT",      "GOSTR3411"),
    (0x0082, "TLS_GOSTR341094_WITH_NULL_GOSTR3411",           "GOST",       "GOST",    "NULL",              "GOSTR3411", "GOSTR3411"),
    (0x0083, "TLS_GOSTR341001_WITH_NULL_GOSTR3411",           "GOST",       "GOST",    "NULL",              "GOSTR3411", "GOSTR3411"),
    # RFC 5932
    (0x0084, "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA",             "RSA",        "RSA",     "CAMELLIA_256_CBC",  "SHA",       "SHA256"),
    (0x0085, "TLS_DH_DSS_WITH_CAMELLIA_256_CBC_SHA",          "DH",         "DSS",     "CAMELLIA_256_CBC",  "SHA",       "SHA256"),
    (0x0086, "TLS_DH_RSA_WITH_CAMELLIA_256_CBC_SHA",          "DH",         "RSA",     "CAMELLIA_256_CBC",  "SHA",       "SHA256"),
    (0x0087, "TLS_DHE_DSS_WITH_CAMELLIA_256_CBC_SHA",         "DHE",        "DSS",     "CAMELLIA_256_CBC",  "SHA",       "SHA256"),
    (0x0088, "TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA",         "DHE",        "RSA",     "CAMELLIA_256_CBC",  "SHA",       "SHA256"),
    (0x0089, "TLS_DH_anon_WITH_CAMELLIA_256_CBC_SHA",         "DHE",        "anon",    "CAMELLIA_256_CBC",  "SHA",       "SHA256"),
    # RFC 4279
    (0x008A, "TLS_PSK_WITH_RC4_128_SHA",                      "PSK",        "PSK",     "RC4_128",           "SHA",       "SHA256"),
    (0x008B, "TLS_PSK_WITH_3DES_EDE_CBC_SHA",                 "PSK",        "PSK",     "3DES_EDE_CBC",      "SHA",       "SHA256"),
    (0x008C, "TLS_PSK_WITH_AES_128_CBC_SHA",                  "PSK",        "PSK",     "AES_128_CBC",       "SHA",       "SHA256"),
    (0x008D, "TLS_PSK_WITH_AES_256_CBC_SHA",                  "PSK",        "PSK",     "AES_256_CBC",       "SHA",       "SHA256"),
    (0x008E, "TLS_DHE_PSK_WITH_RC4_128_SHA",                  "DHE_PSK",    "PSK",     "RC4_128",           "SHA",       "SHA256"),
    (0x008F, "TLS_DHE_PSK_WITH_3DES_EDE_CBC_SHA",             "DHE_PSK",    "PSK",     "3DES_EDE_CBC",      "SHA",       "SHA256"),
    (0x0090, "TLS_DHE_PSK_WITH_AES_128_CBC_SHA",              "DHE_PSK",    "PSK",     "AES_128_CBC",       "SHA",       "SHA256"),
    (0x0091, "TLS_DHE_PSK_WITH_AES_256_CBC_SHA",              "DHE_PSK",    "PSK",     "AES_256_CBC",       "SHA",       "SHA256"),
    (0x0092, "TLS_RSA_PSK_WITH_RC4_128_SHA",                  "RSA_PSK",    "RSA",     "RC4_128",           "SHA",       "SHA256"),
    (0x0093, "TLS_RSA_PSK_WITH_3DES_EDE_CBC_SHA",             "RSA_PSK",    "RSA",     "3DES_EDE_CBC",      "SHA",       "SHA256"),
    (0x0094, "TLS_RSA_PSK_WITH_AES_128_CBC_SHA",              "RSA_PSK",    "RSA",     "AES_128_CBC",       "SHA",       "SHA256"),
    (0x0095, "TLS_RSA_PSK_WITH_AES_256_CBC_SHA",              "RSA_PSK",    "RSA",     "AES_256_CBC",       "SHA",       "SHA256"),
    # RFC 4162
    (0x0096, "TLS_RSA_WITH_SEED_CBC_SHA",                     "RSA",        "RSA",     "SEED_CBC",          "SHA",       "SHA256"),
    (0x0097, "TLS_DH_DSS_WITH_SEED_CBC_SHA",                  "DH",         "DSS",     "SEED_CBC",          "SHA",       "SHA256"),
    (0x0098, "TLS_DH_RSA_WITH_SEED_CBC_SHA",                  "DH",         "RSA",     "SEED_CBC",          "SHA",       "SHA256"),
    (0x0099, "TLS_DHE_DSS_WITH_SEED_CBC_SHA",                 "DHE",        "DSS",     "SEED_CBC",          "SHA",       "SHA256"),
    (0x009A, "TLS_DHE_RSA_WITH_SEED_CBC_SHA",                 "DHE",        "RSA",     "SEED_CBC",          "SHA",       "SHA256"),
    (0x009B, "TLS_DH_anon_WITH_SEED_CBC_SHA",                 "DHE",        "anon",    "SEED_CBC",          "SHA",       "SHA256"),
    # RFC 5288
    (0x009C, "TLS_RSA_WITH_AES_128_GCM_SHA256",               "RSA",        "RSA",     "AES_128_GCM",       "",          "SHA256"),
    (0x009D, "TLS_RSA_WITH_AES_256_GCM_SHA384",               "RSA",        "RSA",     "AES_256_GCM",       "",          "SHA384"),
    (0x009E, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",           "DHE",        "RSA",     "AES_128_GCM",       "",          "SHA256"),
    (0x009F, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",           "DHE",        "RSA",     "AES_256_GCM",       "",          "SHA384"),
    (0x00A0, "TLS_DH_RSA_WITH_AES_128_GCM_SHA256",            "DH",         "RSA",     "AES_128_GCM",       "",          "SHA256"),
    (0x00A1, "TLS_DH_RSA_WITH_AES_256_GCM_SHA384",            "DH",         "RSA",     "AES_256_GCM",       "",          "SHA384"),
    (0x00A2, "TLS_DHE_DSS_WITH_AES_128_GCM_SHA256",           "DHE",        "DSS",     "AES_128_GCM",       "",          "SHA256"),
    (0x00A3, "TLS_DHE_DSS_WITH_AES_256_GCM_SHA384",           "DHE",        "DSS",     "AES_256_GCM",       "",          "SHA384"),
    (0x00A4, "TLS_DH_DSS_WITH_AES_128_GCM_SHA256",            "DH",         "DSS",     "AES_128_GCM",       "",          "SHA256"),
    (0x00A5, "TLS_DH_DSS_WITH_AES_256_GCM_SHA384",            "DH",         "DSS",     "AES_256_GCM",       "",          "SHA384"),
    (0x00A6, "TLS_DH_anon_WITH_AES_128_GCM_SHA256",           "DHE",        "anon",    "AES_128_GCM",       "",          "SHA256"),
    (0x00A7, "TLS_DH_anon_WITH_AES_256_GCM_SHA384",           "DHE",        "anon",    "AES_256_GCM",       "",          "SHA384"),
    # RFC 5487
    (0x00A8, "TLS_PSK_WITH_AES_128_GCM_SHA256",               "PSK",        "PSK",     "AES_128_GCM",       "",          "SHA256"),
    (0x00A9, "TLS_PSK_WITH_AES_256_GCM_SHA384",               "PSK",        "PSK",     "AES_256_GCM",       "",          "SHA384"),
    (0x00AA, "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256",           "DHE_PSK",    "PSK",     "AES_128_GCM",       "",          "SHA256"),
    (0x00AB, "TLS_DHE_PSK_WITH_AES_256_GCM_SHA384",           "DHE_PSK",    "PSK",     "AES_256_GCM",       "",          "SHA384"),
    (0x00AC, "TLS_RSA_PSK_WITH_AES_128_GCM_SHA256",           "RSA_PSK",    "RSA",     "AES_128_GCM",       "",          "SHA256"),
    (0x00AD, "TLS_RSA_PSK_WITH_AES_256_GCM_SHA384",           "RSA_PSK",    "RSA",     "AES_256_GCM",       "",          "SHA384"),
    (0x00AE, "TLS_PSK_WITH_AES_128_CBC_SHA256",               "PSK",        "PSK",     "AES_128_CBC",       "SHA256",    "SHA256"),
    (0x00AF, "TLS_PSK_WITH_AES_256_CBC_SHA384",               "PSK",        "PSK",     "AES_256_CBC",       "SHA384",    "SHA384"),
    (0x00B0, "TLS_PSK_WITH_NULL_SHA256",                      "PSK",        "PSK",     "NULL",              "SHA256",    "SHA256"),
    (0x00B1, "TLS_PSK_WITH_NULL_SHA384",                      "PSK",        "PSK",     "NULL",              "SHA384",    "SHA384"),
    (0x00B2, "TLS_DHE_PSK_WITH_AES_128_CBC_SHA256",           "DHE_PSK",    "PSK",     "AES_128_CBC",       "SHA256",    "SHA256"),
    (0x00B3, "TLS_DHE_PSK_WITH_AES_256_CBC_SHA384",           "DHE_PSK",    "PSK",     "AES_256_CBC",       "SHA384",    "SHA384"),
    (0x00B4, "TLS_DHE_PSK_WITH_NULL_SHA256",                  "DHE_PSK",    "PSK",     "NULL",              "SHA256",    "SHA256"),
    (0x00B5, "TLS_DHE_PSK_WITH_NULL_SHA384",                  "DHE_PSK",    "PSK",     "NULL",              "SHA384",    "SHA384"),
    (0x00B6, "TLS_RSA_PSK_WITH_AES_128_CBC_SHA256",           "RSA_PSK",    "RSA",     "AES_128_CBC",       "SHA256",    "SHA256"),
    (0x00B7, "TLS_RSA_PSK_WITH_AES_256_CBC_SHA384",           "RSA_PSK",    "RSA",     "AES_256_CBC",       "SHA384",    "SHA384"),
    (0x00B8, "TLS_RSA_PSK_WITH_NULL_SHA256",                  "RSA_PSK",    "RSA",     "NULL",              "SHA256",    "SHA256"),
    (0x00B9, "TLS_RSA_PSK_WITH_NULL_SHA384",                  "RSA_PSK",    "RSA",     "NULL",              "SHA384",    "SHA384"),
    # RFC 5932
    (0x00BA, "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA256",          "RSA",        "RSA",     "CAMELLIA_128_CBC",  "SHA256",    "SHA256"),
    (0x00BB, "TLS_DH_DSS_WITH_CAMELLIA_128_CBC_SHA256",       "DH",         "DSS",     "CAMELLIA_128_CBC",  "SHA256",    "SHA256"),
    (0x00BC, "TLS_DH_RSA_WITH_CAMELLIA_128_CBC_SHA256",       "DH",         "RSA",     "CAMELLIA_128_CBC",  "SHA256",    "SHA256"),
    (0x00BD, "TLS_DHE_DSS_WITH_CAMELLIA_128_CBC_SHA256",      "DHE",        "DSS",     "CAMELLIA_128_CBC",  "SHA256",    "SHA256"),
    (0x00BE, "TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA256",      "DHE",        "RSA",     "CAMELLIA_128_CBC",  "SHA256",    "SHA256"),
    (0x00BF, "TLS_DH_anon_WITH_CAMELLIA_128_CBC_SHA256",      "DHE",        "anon",    "CAMELLIA_128_CBC",  "SHA256",    "SHA256"),
    (0x00C0, "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA256",          "RSA",        "RSA",     "CAMELLIA_256_CBC",  "SHA256",    "SHA256"),
    (0x00C1, "TLS_DH_DSS_WITH_CAMELLIA_256_CBC_SHA256",       "DH",         "DSS",     "CAMELLIA_256_CBC",  "SHA256",    "SHA256"),
    (0x00C2, "TLS_DH_RSA_WITH_CAMELLIA_256_CBC_SHA256",       "DH",         "RSA",     "CAMELLIA_256_CBC",  "SHA256",    "SHA256"),
    (0x00C3, "TLS_DHE_DSS_WITH_CAMELLIA_256_CBC_SHA256",      "DHE",        "DSS",     "CAMELLIA_256_CBC",  "SHA256",    "SHA256"),
    (0x00C4, "TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA256",      "DHE",        "RSA",     "CAMELLIA_256_CBC",  "SHA256",    "SHA256"),
    (0x00C5, "TLS_DH_anon_WITH_CAMELLIA_256_CBC_SHA256",      "DHE",        "anon",    "CAMELLIA_256_CBC",  "SHA256",    "SHA256"),
    # RFC 8998
    (0x00C6, "TLS_SM4_GCM_SM3",                               "",           "",        "SM4_GCM",           "",          "SM3"),
    (0x00C7, "TLS_SM4_CCM_SM3",                               "",           "",        "SM4_CCM",           "",          "SM3"),
    # RFC 5746 section 3.3: a signal, not a suite
    (0x00FF, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV",             "",           "",        "",                  "",          ""),
    # RFC 8446 appendix B.4
    (0x1301, "TLS_AES_128_GCM_SHA256",                        "",           "",        "AES_128_GCM",       "",          "SHA256"),
    (0x1302, "TLS_AES_256_GCM_SHA384",                        "",           "",        "AES_256_GCM",       "",          "SHA384"),
    (0x1303, "TLS_CHACHA20_POLY1305_SHA256",                  "",           "",        "CHACHA20_POLY1305", "",          "SHA256"),
    (0x1304, "TLS_AES_128_CCM_SHA256",                        "",           "",        "AES_128_CCM",       "",          "SHA256"),
    (0x1305, "TLS_AES_128_CCM_8_SHA256",                      "",           "",        "AES_128_CCM_8",     "",          "SHA256"),
    # draft-irtf-cfrg-aegis-aead
    (0x1306, "TLS_AEGIS_256_SHA512",                          "",           "",        "AEGIS_256",         "",          "SHA512"),
    (0x1307, "TLS_AEGIS_128L_SHA256",                         "",           "",        "AEGIS_128L",        "",          "SHA256"),
    # RFC 7507: a signal, not a suite
    (0x5600, "TLS_FALLBACK_SCSV",                             "",           "",        "",                  "",          ""),
    # RFC 8422 section 6
    (0xC001, "TLS_ECDH_ECDSA_WITH_NULL_SHA",                  "ECDH",       "ECDSA",   "NULL",              "SHA",       "SHA256"),
    (0xC002, "TLS_ECDH_ECDSA_WITH_RC4_128_SHA",               "ECDH",       "ECDSA",   "RC4_128",           "SHA",       "SHA256"),
    (0xC003, "TLS_ECDH_ECDSA_WITH_3DES_EDE_CBC_SHA",          "ECDH",       "ECDSA",   "3DES_EDE_CBC",      "SHA",       "SHA256"),
    (0xC004, "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA",           "ECDH",       "ECDSA",   "AES_128_CBC",       "SHA",       "SHA256"),
    (0xC005, "TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA",           "ECDH",       "ECDSA",   "AES_256_CBC",       "SHA",       "SHA256"),
    (0xC006, "TLS_ECDHE_ECDSA_WITH_NULL_SHA",                 "ECDHE",      "ECDSA",   "NULL",              "SHA",       "SHA256"),
    (0xC007, "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",              "ECDHE",      "ECDSA",   "RC4_128",           "SHA",       "SHA256"),
    (0xC008, "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA",         "ECDHE",      "ECDSA",   "3DES_EDE_CBC",      "SHA",       "SHA256"),
    (0xC009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",          "ECDHE",      "ECDSA",   "AES_128_CBC",       "SHA",       "SHA256"),
    (0xC00A, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",          "ECDHE",      "ECDSA",   "AES_256_CBC",       "SHA",       "SHA256"),
    (0xC00B, "TLS_ECDH_RSA_WITH_NULL_SHA",                    "ECDH",       "RSA",     "NULL",              "SHA",       "SHA256"),
    (0xC00C, "TLS_ECDH_RSA_WITH_RC4_128_SHA",                 "ECDH",       "RSA",     "RC4_128",           "SHA",       "SHA256"),
    (0xC00D, "TLS_ECDH_RSA_WITH_3DES_EDE_CBC_SHA",            "ECDH",       "RSA",     "3DES_EDE_CBC",      "SHA",       "SHA256"),
    (0xC00E, "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA",             "ECDH",       "RSA",     "AES_128_CBC",       "SHA",       "SHA256"),
    (0xC00F, "TLS_ECDH_RSA_WITH_AES_256_CBC_SHA",             "ECDH",       "RSA",     "AES_256_CBC",       "SHA",       "SHA256"),
    (0xC010, "TLS_ECDHE_RSA_WITH_NULL_SHA",                   "ECDHE",      "RSA",     "NULL",              "SHA",       "SHA256"),
    (0xC011, "TLS_ECDHE_RSA_WITH_RC4_128_SHA",                "ECDHE",      "RSA",     "RC4_128",           "SHA",       "SHA256"),
    (0xC012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",           "ECDHE",      "RSA",     "3DES_EDE_CBC",      "SHA",       "SHA256"),
    (0xC013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",            "ECDHE",      "RSA",     "AES_128_CBC",       "SHA",       "SHA256"),
    (0xC014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",            "ECDHE",      "RSA",     "AES_256_CBC",       "SHA",       "SHA256"),
    (0xC015, "TLS_ECDH_anon_WITH_NULL_SHA",                   "ECDHE",      "anon",    "NULL",              "SHA",       "SHA256"),
    (0xC016, "TLS_ECDH_anon_WITH_RC4_128_SHA",                "ECDHE",      "anon",    "RC4_128",           "SHA",       "SHA256"),
    (0xC017, "TLS_ECDH_anon_WITH_3DES_EDE_CBC_SHA",           "ECDHE",      "anon",    "3DES_EDE_CBC",      "SHA",       "SHA256"),
    (0xC018, "TLS_ECDH_anon_WITH_AES_128_CBC_SHA",            "ECDHE",      "anon",    "AES_128_CBC",       "SHA",       "SHA256"),
    (0xC019, "TLS_ECDH_anon_WITH_AES_256_CBC_SHA",            "ECDHE",      "anon",    "AES_256_CBC",       "SHA",       "SHA256"),
    # RFC 5054
    (0xC01A, "TLS_SRP_SHA_WITH_3DES_EDE_CBC_SHA",             "SRP",        "SRP",     "3DES_EDE_CBC",      "SHA",       "SHA256"),
    (0xC01B, "TLS_SRP_SHA_RSA_WITH_3DES_EDE_CBC_SHA",         "SRP",        "RSA",     "3DES_EDE_CBC",      "SHA",       "SHA256"),
    (0xC01C, "TLS_SRP_SHA_DSS_WITH_3DES_EDE_CBC_SHA",         "SRP",        "DSS",     "3DES_EDE_CBC",      "SHA",       "SHA256"),
    (0xC01D, "TLS_SRP_SHA_WITH_AES_128_CBC_SHA",              "SRP",        "SRP",     "AES_128_CBC",       "SHA",       "SHA256"),
    (0xC01E, "TLS_SRP_SHA_RSA_WITH_AES_128_CBC_SHA",          "SRP",        "RSA",     "AES_128_CBC",       "SHA",       "SHA256"),
    (0xC01F, "TLS_SRP_SHA_DSS_WITH_AES_128_CBC_SHA",          "SRP",        "DSS",     "AES_128_CBC",       "SHA",       "SHA256"),
    (0xC020, "TLS_SRP_SHA_WITH_AES_256_CBC_SHA",              "SRP",        "SRP",     "AES_256_CBC",       "SHA",       "SHA256"),
    (0xC021, "TLS_SRP_SHA_RSA_WITH_AES_256_CBC_SHA",          "SRP",        "RSA",     "AES_256_CBC",       "SHA",       "SHA256"),
    (0xC022, "TLS_SRP_SHA_DSS_WITH_AES_256_CBC_SHA",          "SRP",        "DSS",     "AES_256_CBC",       "SHA",       "SHA256"),
    # RFC 5289
    (0xC023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",       "ECDHE",      "ECDSA",   "AES_128_CBC",       "SHA256",    "SHA256"),
    (0xC024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",       "ECDHE",      "ECDSA",   "AES_256_CBC",       "SHA384",    "SHA384"),
    (0xC025, "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA256",        "ECDH",       "ECDSA",   "AES_128_CBC",       "SHA256",    "SHA256"),
    (0xC026, "TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA384",        "ECDH",       "ECDSA",   "AES_256_CBC",       "SHA384",    "SHA384"),
    (0xC027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",         "ECDHE",      "RSA",     "AES_128_CBC",       "SHA256",    "SHA256"),
    (0xC028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",         "ECDHE",      "RSA",     "AES_256_CBC",       "SHA384",    "SHA384"),
    (0xC029, "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA256",          "ECDH",       "RSA",     "AES_128_CBC",       "SHA256",    "SHA256"),
    (0xC02A, "TLS_ECDH_RSA_WITH_AES_256_CBC_SHA384",          "ECDH",       "RSA",     "AES_256_CBC",       "SHA384",    "SHA384"),
    (0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",       "ECDHE",      "ECDSA",   "AES_128_GCM",       "",          "SHA256"),
    (0xC02C, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",       "ECDHE",      "ECDSA",   "AES_256_GCM",       "",          "SHA384"),
    (0xC02D, "TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256",        "ECDH",       "ECDSA",   "AES_128_GCM",       "",          "SHA256"),
    (0xC02E, "TLS_ECDH_ECDSA_WITH_AES_256_GCM_SHA384",        "ECDH",       "ECDSA",   "AES_256_GCM",       "",          "SHA384"),
    (0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",         "ECDHE",      "RSA",     "AES_128_GCM",       "",          "SHA256"),
    (0xC030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",         "ECDHE",      "RSA",     "AES_256_GCM",       "",          "SHA384"),
    (0xC031, "TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256",          "ECDH",       "RSA",     "AES_128_GCM",       "",          "SHA256"),
    (0xC032, "TLS_ECDH_RSA_WITH_AES_256_GCM_SHA384",          "ECDH",       "RSA",     "AES_256_GCM",       "",          "SHA384"),
    # RFC 5489
    (0xC033, "TLS_ECDHE_PSK_WITH_RC4_128_SHA",                "ECDHE_PSK",  "PSK",     "RC4_128",           "SHA",       "SHA256"),
    (0xC034, "TLS_ECDHE_PSK_WITH_3DES_EDE_CBC_SHA",           "ECDHE_PSK",  "PSK",     "3DES_EDE_CBC",      "SHA",       "SHA256"),
    (0xC035, "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA",            "ECDHE_PSK",  "PSK",     "AES_128_CBC",       "SHA",       "SHA256"),
    (0xC036, "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA",            "ECDHE_PSK",  "PSK",     "AES_256_CBC",       "SHA",       "SHA256"),
    (0xC037, "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256",         "ECDHE_PSK",  "PSK",     "AES_128_CBC",       "SHA256",    "SHA256"),
    (0xC038, "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384",         "ECDHE_PSK",  "PSK",     "AES_256_CBC",       "SHA384",    "SHA384"),
    (0xC039, "TLS_ECDHE_PSK_WITH_NULL_SHA",                   "ECDHE_PSK",  "PSK",     "NULL",              "SHA",       "SHA256"),
    (0xC03A, "TLS_ECDHE_PSK_WITH_NULL_SHA256",                "ECDHE_PSK",  "PSK",     "NULL",              "SHA256",    "SHA256"),
    (0xC03B, "TLS_ECDHE_PSK_WITH_NULL_SHA384",                "ECDHE_PSK",  "PSK",     "NULL",              "SHA384",    "SHA384"),
    # RFC 6209
    (0xC03C, "TLS_RSA_WITH_ARIA_128_CBC_SHA256",              "RSA",        "RSA",     "ARIA_128_CBC",      "SHA256",    "SHA256"),
    (0xC03D, "TLS_RSA_WITH_ARIA_256_CBC_SHA384",              "RSA",        "RSA",     "ARIA_256_CBC",      "SHA384",    "SHA384"),
    (0xC03E, "TLS_DH_DSS_WITH_ARIA_128_CBC_SHA256",           "DH",         "DSS",     "ARIA_128_CBC",      "SHA256",    "SHA256"),
    (0xC03F, "TLS_DH_DSS_WITH_ARIA_256_CBC_SHA384",           "DH",         "DSS",     "ARIA_256_CBC",      "SHA384",    "SHA384"),
    (0xC040, "TLS_DH_RSA_WITH_ARIA_128_CBC_SHA256",           "DH",         "RSA",     "ARIA_128_CBC",      "SHA256",    "SHA256"),
    (0xC041, "TLS_DH_RSA_WITH_ARIA_256_CBC_SHA384",           "DH",         "RSA",     "ARIA_256_CBC",      "SHA384",    "SHA384"),
    (0xC042, "TLS_DHE_DSS_WITH_ARIA_128_CBC_SHA256",          "DHE",        "DSS",     "ARIA_128_CBC",      "SHA256",    "SHA256"),
    (0xC043, "TLS_DHE_DSS_WITH_ARIA_256_CBC_SHA384",          "DHE",        "DSS",     "ARIA_256_CBC",      "SHA384",    "SHA384"),
    (0xC044, "TLS_DHE_RSA_WITH_ARIA_128_CBC_SHA256",          "DHE",        "RSA",     "ARIA_128_CBC",      "SHA256",    "SHA256"),
    (0xC045, "TLS_DHE_RSA_WITH_ARIA_256_CBC_SHA384",          "DHE",        "RSA",     "ARIA_256_CBC",      "SHA384",    "SHA384"),
    (0xC046, "TLS_DH_anon_WITH_ARIA_128_CBC_SHA256",          "DHE",        "anon",    "ARIA_128_CBC",      "SHA256",    "SHA256"),
    (0xC047, "TLS_DH_anon_WITH_ARIA_256_CBC_SHA384",          "DHE",        "anon",    "ARIA_256_CBC",      "SHA384",    "SHA384"),
    (0xC048, "TLS_ECDHE_ECDSA_WITH_ARIA_128_CBC_SHA256",      "ECDHE",      "ECDSA",   "ARIA_128_CBC",      "SHA256",    "SHA256"),
    (0xC049, "TLS_ECDHE_ECDSA_WITH_ARIA_256_CBC_SHA384",      "ECDHE",      "ECDSA",   "ARIA_256_CBC",      "SHA384",    "SHA384"),
    (0xC04A, "TLS_ECDH_ECDSA_WITH_ARIA_128_CBC_SHA256",       "ECDH",       "ECDSA",   "ARIA_128_CBC",      "SHA256",    "SHA256"),
    (0xC04B, "TLS_ECDH_ECDSA_WITH_ARIA_256_CBC_SHA384",       "ECDH",       "ECDSA",   "ARIA_256_CBC",      "SHA384",    "SHA384"),
    (0xC04C, "TLS_ECDHE_RSA_WITH_ARIA_128_CBC_SHA256",        "ECDHE",      "RSA",     "ARIA_128_CBC",      "SHA256",    "SHA256"),
    (0xC04D, "TLS_ECDHE_RSA_WITH_ARIA_256_CBC_SHA384",        "ECDHE",      "RSA",     "ARIA_256_CBC",      "SHA384",    "SHA384"),
    (0xC04E, "TLS_ECDH_RSA_WITH_ARIA_128_CBC_SHA256",         "ECDH",       "RSA",     "ARIA_128_CBC",      "SHA256",    "SHA256"),
    (0xC04F, "TLS_ECDH_RSA_WITH_ARIA_256_CBC_SHA384",         "ECDH",       "RSA",     "ARIA_256_CBC",      "SHA384",    "SHA384"),
    (0xC050, "TLS_RSA_WITH_ARIA_128_GCM_SHA256",              "RSA",        "RSA",     "ARIA_128_GCM",      "",          "SHA256"),
    (0xC051, "TLS_RSA_WITH_ARIA_256_GCM_SHA384",              "RSA",        "RSA",     "ARIA_256_GCM",      "",          "SHA384"),
    (0xC052, "TLS_DHE_RSA_WITH_ARIA_128_GCM_SHA256",          "DHE",        "RSA",     "ARIA_128_GCM",      "",          "SHA256"),
    (0xC053, "TLS_DHE_RSA_WITH_ARIA_256_GCM_SHA384",          "DHE",        "RSA",     "ARIA_256_GCM",      "",          "SHA384"),
    (0xC054, "TLS_DH_RSA_WITH_ARIA_128_GCM_SHA256",           "DH",         "RSA",     "ARIA_128_GCM",      "",          "SHA256"),
    (0xC055, "TLS_DH_RSA_WITH_ARIA_256_GCM_SHA384",           "DH",         "RSA",     "ARIA_256_GCM",      "",          "SHA384"),
    (0xC056, "TLS_DHE_DSS_WITH_ARIA_128_GCM_SHA256",          "DHE",        "DSS",     "ARIA_128_GCM",      "",          "SHA256"),
    (0xC057, "TLS_DHE_DSS_WITH_ARIA_256_GCM_SHA384",          "DHE",        "DSS",     "ARIA_256_GCM",      "",          "SHA384"),
    (0xC058, "TLS_DH_DSS_WITH_ARIA_128_GCM_SHA256",           "DH",         "DSS",     "ARIA_128_GCM",      "",          "SHA256"),
    (0xC059, "TLS_DH_DSS_WITH_ARIA_256_GCM_SHA384",           "DH",         "DSS",     "ARIA_256_GCM",      "",          "SHA384"),
    (0xC05A, "TLS_DH_anon_WITH_ARIA_128_GCM_SHA256",          "DHE",        "anon",    "ARIA_128_GCM",      "",          "SHA256"),
    (0xC05B, "TLS_DH_anon_WITH_ARIA_256_GCM_SHA384",          "DHE",        "anon",    "ARIA_256_GCM",      "",          "SHA384"),
    (0xC05C, "TLS_ECDHE_ECDSA_WITH_ARIA_128_GCM_SHA256",      "ECDHE",      "ECDSA",   "ARIA_128_GCM",      "",          "SHA256"),
    (0xC05D, "TLS_ECDHE_ECDSA_WITH_ARIA_256_GCM_SHA384",      "ECDHE",      "ECDSA",   "ARIA_256_GCM",      "",          "SHA384"),
    (0xC05E, "TLS_ECDH_ECDSA_WITH_ARIA_128_GCM_SHA256",       "ECDH",       "ECDSA",   "ARIA_128_GCM",      "",          "SHA256"),
    (0xC05F, "TLS_ECDH_ECDSA_WITH_ARIA_256_GCM_SHA384",       "ECDH",       "ECDSA",   "ARIA_256_GCM",      "",          "SHA384"),
    (0xC060, "TLS_ECDHE_RSA_WITH_ARIA_128_GCM_SHA256",        "ECDHE",      "RSA",     "ARIA_128_GCM",      "",          "SHA256"),
    (0xC061, "TLS_ECDHE_RSA_WITH_ARIA_256_GCM_SHA384",        "ECDHE",      "RSA",     "ARIA_256_GCM",      "",          "SHA384"),
    (0xC062, "TLS_ECDH_RSA_WITH_ARIA_128_GCM_SHA256",         "ECDH",       "RSA",     "ARIA_128_GCM",      "",          "SHA256"),
    (0xC063, "TLS_ECDH_RSA_WITH_ARIA_256_GCM_SHA384",         "ECDH",       "RSA",     "ARIA_256_GCM",      "",          "SHA384"),
    (0xC064, "TLS_PSK_WITH_ARIA_128_CBC_SHA256",              "PSK",        "PSK",     "ARIA_128_CBC",      "SHA256",    "SHA256"),
    (0xC065, "TLS_PSK_WITH_ARIA_256_CBC_SHA384",              "PSK",        "PSK",     "ARIA_256_CBC",      "SHA384",    "SHA384"),
    (0xC066, "TLS_DHE_PSK_WITH_ARIA_128_CBC_SHA256",          "DHE_PSK",    "PSK",     "ARIA_128_CBC",      "SHA256",    "SHA256"),
    (0xC067, "TLS_DHE_PSK_WITH_ARIA_256_CBC_SHA384",          "DHE_PSK",    "PSK",     "ARIA_256_CBC",      "SHA384",    "SHA384"),
    (0xC068, "TLS_RSA_PSK_WITH_ARIA_128_CBC_SHA256",          "RSA_PSK",    "RSA",     "ARIA_128_CBC",      "SHA256",    "SHA256"),
    (0xC069, "TLS_RSA_PSK_WITH_ARIA_256_CBC_SHA384",          "RSA_PSK",    "RSA",     "ARIA_256_CBC",      "SHA384",    "SHA384"),
    (0xC06A, "TLS_PSK_WITH_ARIA_128_GCM_SHA256",              "PSK",        "PSK",     "ARIA_128_GCM",      "",          "SHA256"),
    (0xC06B, "TLS_PSK_WITH_ARIA_256_GCM_SHA384",              "PSK",        "PSK",     "ARIA_256_GCM",      "",          "SHA384"),
    (0xC06C, "TLS_DHE_PSK_WITH_ARIA_128_GCM_SHA256",          "DHE_PSK",    "PSK",     "ARIA_128_GCM",      "",          "SHA256"),
    (0xC06D, "TLS_DHE_PSK_WITH_ARIA_256_GCM_SHA384",          "DHE_PSK",    "PSK",     "ARIA_256_GCM",      "",          "SHA384"),
    (0xC06E, "TLS_RSA_PSK_WITH_ARIA_128_GCM_SHA256",          "RSA_PSK",    "RSA",     "ARIA_128_GCM",      "",          "SHA256"),
    (0xC06F, "TLS_RSA_PSK_WITH_ARIA_256_GCM_SHA384",          "RSA_PSK",    "RSA",     "ARIA_256_GCM",      "",          "SHA384"),
    (0xC070, "TLS_ECDHE_PSK_WITH_ARIA_128_CBC_SHA256",        "ECDHE_PSK",  "PSK",     "ARIA_128_CBC",      "SHA256",    "SHA256"),
    (0xC071, "TLS_ECDHE_PSK_WITH_ARIA_256_CBC_SHA384",        "ECDHE_PSK",  "PSK",     "ARIA_256_CBC",      "SHA384",    "SHA384"),
    # RFC 6367
    (0xC072, "TLS_ECDHE_ECDSA_WITH_CAMELLIA_128_CBC_SHA256",  "ECDHE",      "ECDSA",   "CAMELLIA_128_CBC",  "SHA256",    "SHA256"),
    (0xC073, "TLS_ECDHE_ECDSA_WITH_CAMELLIA_256_CBC_SHA384",  "ECDHE",      "ECDSA",   "CAMELLIA_256_CBC",  "SHA384",    "SHA384"),
    (0xC074, "TLS_ECDH_ECDSA_WITH_CAMELLIA_128_CBC_SHA256",   "ECDH",       "ECDSA",   "CAMELLIA_128_CBC",  "SHA256",    "SHA256"),
    (0xC075, "TLS_ECDH_ECDSA_WITH_CAMELLIA_256_CBC_SHA384",   "ECDH",       "ECDSA",   "CAMELLIA_256_CBC",  "SHA384",    "SHA384"),
    (0xC076, "TLS_ECDHE_RSA_WITH_CAMELLIA_128_CBC_SHA256",    "ECDHE",      "RSA",     "CAMELLIA_128_CBC",  "SHA256",    "SHA256"),
    (0xC077, "TLS_ECDHE_RSA_WITH_CAMELLIA_256_CBC_SHA384",    "ECDHE",      "RSA",     "CAMELLIA_256_CBC",  "SHA384",    "SHA384"),
    (0xC078, "TLS_ECDH_RSA_WITH_CAMELLIA_128_CBC_SHA256",     "ECDH",       "RSA",     "CAMELLIA_128_CBC",  "SHA256",    "SHA256"),
    (0xC079, "TLS_ECDH_RSA_WITH_CAMELLIA_256_CBC_SHA384",     "ECDH",       "RSA",     "CAMELLIA_256_CBC",  "SHA384",    "SHA384"),
    (0xC07A, "TLS_RSA_WITH_CAMELLIA_128_GCM_SHA256",          "RSA",        "RSA",     "CAMELLIA_128_GCM",  "",          "SHA256"),
    (0xC07B, "TLS_RSA_WITH_CAMELLIA_256_GCM_SHA384",          "RSA",        "RSA",     "CAMELLIA_256_GCM",  "",          "SHA384"),
    (0xC07C, "TLS_DHE_RSA_WITH_CAMELLIA_128_GCM_SHA256",      "DHE",        "RSA",     "CAMELLIA_128_GCM",  "",          "SHA256"),
    (0xC07D, "TLS_DHE_RSA_WITH_CAMELLIA_256_GCM_SHA384",      "DHE",        "RSA",     "CAMELLIA_256_GCM",  "",          "SHA384"),
    (0xC07E, "TLS_DH_RSA_WITH_CAMELLIA_128_GCM_SHA256",       "DH",         "RSA",     "CAMELLIA_128_GCM",  "",          "SHA256"),
    (0xC07F, "TLS_DH_RSA_WITH_CAMELLIA_256_GCM_SHA384",       "DH",         "RSA",     "CAMELLIA_256_GCM",  "",          "SHA384"),
    (0xC080, "TLS_DHE_DSS_WITH_CAMELLIA_128_GCM_SHA256",      "DHE",        "DSS",     "CAMELLIA_128_GCM",  "",          "SHA256"),
    (0xC081, "TLS_DHE_DSS_WITH_CAMELLIA_256_GCM_SHA384",      "DHE",        "DSS",     "CAMELLIA_256_GCM",  "",          "SHA384"),
    (0xC082, "TLS_DH_DSS_WITH_CAMELLIA_128_GCM_SHA256",       "DH",         "DSS",     "CAMELLIA_128_GCM",  "",          "SHA256"),
    (0xC083, "TLS_DH_DSS_WITH_CAMELLIA_256_GCM_SHA384",       "DH",         "DSS",     "CAMELLIA_256_GCM",  "",          "SHA384"),
    (0xC084, "TLS_DH_anon_WITH_CAMELLIA_128_GCM_SHA256",      "DHE",        "anon",    "CAMELLIA_128_GCM",  "",          "SHA256"),
    (0xC085, "TLS_DH_anon_WITH_CAMELLIA_256_GCM_SHA384",      "DHE",        "anon",    "CAMELLIA_256_GCM",  "",          "SHA384"),
    (0xC086, "TLS_ECDHE_ECDSA_WITH_CAMELLIA_128_GCM_SHA256",  "ECDHE",      "ECDSA",   "CAMELLIA_128_GCM",  "",          "SHA256"),
    (0xC087, "TLS_ECDHE_ECDSA_WITH_CAMELLIA_256_GCM_SHA384",  "ECDHE",      "ECDSA",   "CAMELLIA_256_GCM",  "",          "SHA384"),
    (0xC088, "TLS_ECDH_ECDSA_WITH_CAMELLIA_128_GCM_SHA256",   "ECDH",       "ECDSA",   "CAMELLIA_128_GCM",  "",          "SHA256"),
    (0xC089, "TLS_ECDH_ECDSA_WITH_CAMELLIA_256_GCM_SHA384",   "ECDH",       "ECDSA",   "CAMELLIA_256_GCM",  "",          "SHA384"),
    (0xC08A, "TLS_ECDHE_RSA_WITH_CAMELLIA_128_GCM_SHA256",    "ECDHE",      "RSA",     "CAMELLIA_128_GCM",  "",          "SHA256"),
    (0xC08B, "TLS_ECDHE_RSA_WITH_CAMELLIA_256_GCM_SHA384",    "ECDHE",      "RSA",     "CAMELLIA_256_GCM",  "",          "SHA384"),
    (0xC08C, "TLS_ECDH_RSA_WITH_CAMELLIA_128_GCM_SHA256",     "ECDH",       "RSA",     "CAMELLIA_128_GCM",  "",          "SHA256"),
    (0xC08D, "TLS_ECDH_RSA_WITH_CAMELLIA_256_GCM_SHA384",     "ECDH",       "RSA",     "CAMELLIA_256_GCM",  "",          "SHA384"),
    (0xC08E, "TLS_PSK_WITH_CAMELLIA_128_GCM_SHA256",          "PSK",        "PSK",     "CAMELLIA_128_GCM",  "",          "SHA256"),
    (0xC08F, "TLS_PSK_WITH_CAMELLIA_256_GCM_SHA384",          "PSK",        "PSK",     "CAMELLIA_256_GCM",  "",          "SHA384"),
    (0xC090, "TLS_DHE_PSK_WITH_CAMELLIA_128_GCM_SHA256",      "DHE_PSK",    "PSK",     "CAMELLIA_128_GCM",  "",          "SHA256"),
    (0xC091, "TLS_DHE_PSK_WITH_CAMELLIA_256_GCM_SHA384",      "DHE_PSK",    "PSK",     "CAMELLIA_256_GCM",  "",          "SHA384"),
    (0xC092, "TLS_RSA_PSK_WITH_CAMELLIA_128_GCM_SHA256",      "RSA_PSK",    "RSA",     "CAMELLIA_128_GCM",  "",          "SHA256"),
    (0xC093, "TLS_RSA_PSK_WITH_CAMELLIA_256_GCM_SHA384",      "RSA_PSK",    "RSA",     "CAMELLIA_256_GCM",  "",          "SHA384"),
    (0xC094, "TLS_PSK_WITH_CAMELLIA_128_CBC_SHA256",          "PSK",        "PSK",     "CAMELLIA_128_CBC",  "SHA256",    "SHA256"),
    (0xC095, "TLS_PSK_WITH_CAMELLIA_256_CBC_SHA384",          "PSK",        "PSK",     "CAMELLIA_256_CBC",  "SHA384",    "SHA384"),
    (0xC096, "TLS_DHE_PSK_WITH_CAMELLIA_128_CBC_SHA256",      "DHE_PSK",    "PSK",     "CAMELLIA_128_CBC",  "SHA256",    "SHA256"),
    (0xC097, "TLS_DHE_PSK_WITH_CAMELLIA_256_CBC_SHA384",      "DHE_PSK",    "PSK",     "CAMELLIA_256_CBC",  "SHA384",    "SHA384"),
    (0xC098, "TLS_RSA_PSK_WITH_CAMELLIA_128_CBC_SHA256",      "RSA_PSK",    "RSA",     "CAMELLIA_128_CBC",  "SHA256",    "SHA256"),
    (0xC099, "TLS_RSA_PSK_WITH_CAMELLIA_256_CBC_SHA384",      "RSA_PSK",    "RSA",     "CAMELLIA_256_CBC",  "SHA384",    "SHA384"),
    (0xC09A, "TLS_ECDHE_PSK_WITH_CAMELLIA_128_CBC_SHA256",    "ECDHE_PSK",  "PSK",     "CAMELLIA_128_CBC",  "SHA256",    "SHA256"),
    (0xC09B, "TLS_ECDHE_PSK_WITH_CAMELLIA_256_CBC_SHA384",    "ECDHE_PSK",  "PSK",     "CAMELLIA_256_CBC",  "SHA384",    "SHA384"),
    # RFC 6655
    (0xC09C, "TLS_RSA_WITH_AES_128_CCM",                      "RSA",        "RSA",     "AES_128_CCM",       "",          "SHA256"),
    (0xC09D, "TLS_RSA_WITH_AES_256_CCM",                      "RSA",        "RSA",     "AES_256_CCM",       "",          "SHA256"),
    (0xC09E, "TLS_DHE_RSA_WITH_AES_128_CCM",                  "DHE",        "RSA",     "AES_128_CCM",       "",          "SHA256"),
    (0xC09F, "TLS_DHE_RSA_WITH_AES_256_CCM",                  "DHE",        "RSA",     "AES_256_CCM",       "",          "SHA256"),
    (0xC0A0, "TLS_RSA_WITH_AES_128_CCM_8",                    "RSA",        "RSA",     "AES_128_CCM_8",     "",          "SHA256"),
    (0xC0A1, "TLS_RSA_WITH_AES_256_CCM_8",                    "RSA",        "RSA",     "AES_256_CCM_8",     "",          "SHA256"),
    (0xC0A2, "TLS_DHE_RSA_WITH_AES_128_CCM_8",                "DHE",        "RSA",     "AES_128_CCM_8",     "",          "SHA256"),
    (0xC0A3, "TLS_DHE_RSA_WITH_AES_256_CCM_8",                "DHE",        "RSA",     "AES_256_CCM_8",     "",          "SHA256"),
    (0xC0A4, "TLS_PSK_WITH_AES_128_CCM",                      "PSK",        "PSK",     "AES_128_CCM",       "",          "SHA256"),
    (0xC0A5, "TLS_PSK_WITH_AES_256_CCM",                      "PSK",        "PSK",     "AES_256_CCM",       "",          "SHA256"),
    (0xC0A6, "TLS_DHE_PSK_WITH_AES_128_CCM",                  "DHE_PSK",    "PSK",     "AES_128_CCM",       "",          "SHA256"),
    (0xC0A7, "TLS_DHE_PSK_WITH_AES_256_CCM",                  "DHE_PSK",    "PSK",     "AES_256_CCM",       "",          "SHA256"),
    (0xC0A8, "TLS_PSK_WITH_AES_128_CCM_8",                    "PSK",        "PSK",     "AES_128_CCM_8",     "",          "SHA256"),
    (0xC0A9, "TLS_PSK_WITH_AES_256_CCM_8",                    "PSK",        "PSK",     "AES_256_CCM_8",     "",          "SHA256"),
    (0xC0AA, "TLS_PSK_DHE_WITH_AES_128_CCM_8",                "DHE_PSK",    "PSK",     "AES_128_CCM_8",     "",          "SHA256"),
    (0xC0AB, "TLS_PSK_DHE_WITH_AES_256_CCM_8",                "DHE_PSK",    "PSK",     "AES_256_CCM_8",     "",          "SHA256"),
    # RFC 7251
    (0xC0AC, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM",              "ECDHE",      "ECDSA",   "AES_128_CCM",       "",          "SHA256"),
    (0xC0AD, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM",              "ECDHE",      "ECDSA",   "AES_256_CCM",       "",          "SHA256"),
    (0xC0AE, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8",            "ECDHE",      "ECDSA",   "AES_128_CCM_8",     "",          "SHA256"),
    (0xC0AF, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8",            "ECDHE",      "ECDSA",   "AES_256_CCM_8",     "",          "SHA256"),
    # RFC 8492
    (0xC0B0, "TLS_ECCPWD_WITH_AES_128_GCM_SHA256",            "ECCPWD",     "ECCPWD",  "AES_128_GCM",       "",          "SHA256"),
    (0xC0B1, "TLS_ECCPWD_WITH_AES_256_GCM_SHA384",            "ECCPWD",     "ECCPWD",  "AES_256_GCM",       "",          "SHA384"),
    (0xC0B2, "TLS_ECCPWD_WITH_AES_128_CCM_SHA256",            "ECCPWD",     "ECCPWD",  "AES_128_CCM",       "",          "SHA256"),
    (0xC0B3, "TLS_ECCPWD_WITH_AES_256_CCM_SHA384",            "ECCPWD",     "ECCPWD",  "AES_256_CCM",       "",          "SHA384"),
    # RFC 9150
    (0xC0B4, "TLS_SHA256_SHA256",                             "",           "",        "NULL",              "SHA256",    "SHA256"),
    (0xC0B5, "TLS_SHA384_SHA384",                             "",           "",        "NULL",              "SHA384",    "SHA384"),
    # draft-cragie-tls-ecjpake: never registered, deployed in Thread
    (0xC0FF, "TLS_ECJPAKE_WITH_AES_128_CCM_8",                "ECJPAKE",    "ECJPAKE", "AES_128_CCM_8",     "",          "SHA256"),
    # RFC 9189
    (0xC100, "TLS_GOSTR341112_256_WITH_KUZNYECHIK_CTR_OMAC",  "GOST",       "GOST",    "KUZNYECHIK_CTR",    "OMAC",      "STREEBOG256"),
    (0xC101, "TLS_GOSTR341112_256_WITH_MAGMA_CTR_OMAC",       "GOST",       "GOST",    "MAGMA_CTR",         "OMAC",      "STREEBOG256"),
    (0xC102, "TLS_GOSTR341112_256_WITH_28147_CNT_IMIT",       "GOST",       "GOST",    "28147_CNT",         "IMIT",      "STREEBOG256"),
    # RFC 9367
    (0xC103, "TLS_GOSTR341112_256_WITH_KUZNYECHIK_MGM_L",     "",           "",        "KUZNYECHIK_MGM_L",  "",          "STREEBOG256"),
    (0xC104, "TLS_GOSTR341112_256_WITH_MAGMA_MGM_L",          "",           "",        "MAGMA_MGM_L",       "",          "STREEBOG256"),
    (0xC105, "TLS_GOSTR341112_256_WITH_KUZNYECHIK_MGM_S",     "",           "",        "KUZNYECHIK_MGM_S",  "",          "STREEBOG256"),
    (0xC106, "TLS_GOSTR341112_256_WITH_MAGMA_MGM_S",          "",           "",        "MAGMA_MGM_S",       "",          "STREEBOG256"),
    # RFC 7905
    (0xCCA8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",   "ECDHE",      "RSA",     "CHACHA20_POLY1305", "",          "SHA256"),
    (0xCCA9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE",      "ECDSA",   "CHACHA20_POLY1305", "",          "SHA256"),
    (0xCCAA, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",     "DHE",        "RSA",     "CHACHA20_POLY1305", "",          "SHA256"),
    (0xCCAB, "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256",         "PSK",        "PSK",     "CHACHA20_POLY1305", "",          "SHA256"),
    (0xCCAC, "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256",   "ECDHE_PSK",  "PSK",     "CHACHA20_POLY1305", "",          "SHA256"),
    (0xCCAD, "TLS_DHE_PSK_WITH_CHACHA20_POLY1305_SHA256",     "DHE_PSK",    "PSK",     "CHACHA20_POLY1305", "",          "SHA256"),
    (0xCCAE, "TLS_RSA_PSK_WITH_CHACHA20_POLY1305_SHA256",     "RSA_PSK",    "RSA",     "CHACHA20_POLY1305", "",          "SHA256"),
    # RFC 8442
    (0xD001, "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256",         "ECDHE_PSK",  "PSK",     "AES_128_GCM",       "",          "SHA256"),
    (0xD002, "TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384",         "ECDHE_PSK",  "PSK",     "AES_256_GCM",       "",          "SHA384"),
    (0xD003, "TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256",       "ECDHE_PSK",  "PSK",     "AES_128_CCM_8",     "",          "SHA256"),
    (0xD005, "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256",         "ECDHE_PSK",  "PSK",     "AES_128_CCM",       "",          "SHA256"),
    # Netscape's FIPS suites: never registered
    (0xFEFE, "SSL_RSA_FIPS_WITH_DES_CBC_SHA",                 "RSA",        "RSA",     "DES_CBC",           "SHA",       "SHA256"),
    (0xFEFF, "SSL_RSA_FIPS_WITH_3DES_EDE_CBC_SHA",            "RSA",        "RSA",     "3DES_EDE_CBC",      "SHA",       "SHA256"),
    # Netscape's FIPS suites, later numbers: never registered
    (0xFFE0, "SSL_RSA_FIPS_WITH_3DES_EDE_CBC_SHA",            "RSA",        "RSA",     "3DES_EDE_CBC",      "SHA",       "SHA256"),
    (0xFFE1, "SSL_RSA_FIPS_WITH_DES_CBC_SHA",                 "RSA",        "RSA",     "DES_CBC",           "SHA",       "SHA256"),
)
# fmt: on

CIPHERS = {cipher.name: cipher for cipher in _CIPHERS}
SUITES = {
    number: Suite(number, name, exchange, authentication, CIPHERS.get(cipher), mac, prf)
    for number, name, exchange, authentication, cipher, mac, prf in _ROWS
}
