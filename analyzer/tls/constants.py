"""The registries of TLS, number -> name in RFC words (IANA "TLS Parameters")."""

from __future__ import annotations

# ContentType (RFC 8446 section 5.1)
CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA, HEARTBEAT = 20, 21, 22, 23, 24

# ProtocolVersion
SSL30, TLS10, TLS11, TLS12, TLS13 = 0x0300, 0x0301, 0x0302, 0x0303, 0x0304
VERSIONS = {
    0x0002: "SSL 2.0",
    SSL30: "SSL 3.0",
    TLS10: "TLS 1.0",
    TLS11: "TLS 1.1",
    TLS12: "TLS 1.2",
    TLS13: "TLS 1.3",
}
# Drafts of TLS 1.3 whose wire image is the RFC's (draft-ietf-tls-tls13-23 to -28).
TLS13_DRAFTS = frozenset(range(0x7F17, 0x7F1D))

# HandshakeType (RFC 8446 section 4, RFC 5246 section 7.4 and the registry)
HELLO_REQUEST, CLIENT_HELLO, SERVER_HELLO, NEW_SESSION_TICKET = 0, 1, 2, 4
END_OF_EARLY_DATA, ENCRYPTED_EXTENSIONS, CERTIFICATE, SERVER_KEY_EXCHANGE = 5, 8, 11, 12
CERTIFICATE_REQUEST, SERVER_HELLO_DONE, CERTIFICATE_VERIFY, CLIENT_KEY_EXCHANGE = 13, 14, 15, 16
FINISHED, CERTIFICATE_STATUS, KEY_UPDATE, COMPRESSED_CERTIFICATE = 20, 22, 24, 25
NEXT_PROTOCOL, MESSAGE_HASH = 67, 254
HANDSHAKE_TYPES = {
    0: "hello_request",  # RFC 5246 section 7.4.1.1
    1: "client_hello",
    2: "server_hello",
    3: "hello_verify_request",  # DTLS, RFC 6347
    4: "new_session_ticket",
    5: "end_of_early_data",
    6: "hello_retry_request",  # drafts of TLS 1.3; the RFC's is a server_hello
    8: "encrypted_extensions",
    9: "request_connection_id",  # RFC 9147
    10: "new_connection_id",
    11: "certificate",
    12: "server_key_exchange",
    13: "certificate_request",
    14: "server_hello_done",
    15: "certificate_verify",
    16: "client_key_exchange",
    17: "client_certificate_request",  # RFC 9261
    20: "finished",
    21: "certificate_url",  # RFC 6066
    22: "certificate_status",  # RFC 6066
    23: "supplemental_data",  # RFC 4680
    24: "key_update",
    25: "compressed_certificate",  # RFC 8879
    26: "ekt_key",  # RFC 8870
    67: "next_protocol",  # NPN, never standardised
    254: "message_hash",
}

# AlertDescription (RFC 8446 section 6 and the registry)
ALERTS = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    21: "decryption_failed",
    22: "record_overflow",
    30: "decompression_failure",
    40: "handshake_failure",
    41: "no_certificate",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    52: "too_many_cids_requested",
    60: "export_restriction",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    111: "certificate_unobtainable",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    114: "bad_certificate_hash_value",
    115: "unknown_psk_identity",
    116: "certificate_required",
    117: "general_error",
    120: "no_application_protocol",
    121: "ech_required",
}

ALERT_LEVELS = {1: "warning", 2: "fatal"}


def version_name(version: int) -> str:
    """`TLS 1.2`, or `0x0305` for a number that has no name."""
    return VERSIONS.get(version, f"0x{version:04x}")


def handshake_type_name(number: int) -> str:
    """`client_hello`, or `handshake_99` for a number that has no name."""
    return HANDSHAKE_TYPES.get(number, f"handshake_{number}")


def alert_name(code: int) -> str:
    """`unknown_ca`, or `alert_99` for a code that has no name."""
    return ALERTS.get(code, f"alert_{code}")


def alert_level_name(level: int) -> str:
    """`warning`, `fatal`, or the number."""
    return ALERT_LEVELS.get(level, str(level))
