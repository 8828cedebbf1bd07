"""The client's .cfg files: which file they give which role, and which HSMs they name.

Three shapes of JSON, told apart by their keys: `clusters` (SDK 5, every tool), `servers` (SDK 3's
management utility), `server` or `client` (SDK 3's client daemon).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from analyzer.values import dataclass
from analyzer.verdict.expectations import Role

# What stands for the address in a file that `configure -a` has not been run on.
_PLACEHOLDER = "%%"


@dataclass(frozen=True, slots=True)
class Named:
    """A file or directory that a configuration gives a role. `key`: where, e.g. `ssl.certificate`."""

    role: Role
    path: str
    key: str


@dataclass(frozen=True, slots=True)
class Configured:
    """One cluster of a configuration file.

    Attributes:
        sdk: 3 or 5. id: "" where the file does not tell.
        addresses: of its HSMs, as `ipaddress` writes them.
        private_keys: the files that must stay closed.
        notes: what is odd, a clause each.
    """

    sdk: int
    id: str = ""
    addresses: tuple[str, ...] = ()
    named: tuple[Named, ...] = ()
    private_keys: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def configured(document: Any) -> tuple[Configured, ...]:
    """The clusters of a configuration file, () where the document is none."""
    if not isinstance(document, Mapping):
        return ()
    clusters, servers = document.get("clusters"), document.get("servers")
    if isinstance(clusters, list):
        return tuple(_sdk5(_inner(c), f"clusters[{i}].cluster") for i, c in enumerate(clusters))
    if isinstance(servers, list):
        return tuple(_management(_map(s), f"servers[{i}]") for i, s in enumerate(servers))
    if {"server", "client", "ssl"} & set(document):
        return (_daemon(document),)
    return ()


def address_of(hostname: str) -> str:
    """An IPv4 or IPv6 address as `ipaddress` writes it, "" for anything else."""
    try:
        return str(ipaddress.ip_address(hostname.strip().strip("[]")))
    except ValueError:
        return ""


# SDK 5: (key, role). The outer client certificate is that of --server-client-cert-file.
_SDK5 = (
    ("hsm_ca_file", Role.CUSTOMER_CA),
    ("client_cert_path", Role.CLIENT),
    ("client_cert_hsm_tls_path", Role.INNER_CLIENT),
)


def _sdk5(cluster: Mapping[str, Any], where: str) -> Configured:
    servers = cluster.get("servers")
    entries = [_map(s) for s in servers] if isinstance(servers, list) else []
    addresses, notes = _hosts(entry.get("hostname") for entry in entries)
    named = _named(cluster, _SDK5, where)
    if not any(item.role is Role.CLIENT for item in named):
        notes += (
            "names no client certificate of its own: the outer one is the SDK's built-in default, "
            "which is no file; hand it over with --client-cert",
        )
    # Measured by others: "Could not read configuration-referenced file client_cert_hsm_tls_path at
    # location : No such file or directory", and nothing is sent.
    notes += tuple(
        f"{where}.{key} is blank, not left out: SDK 5 looks for a file without a name and stops before "
        "it connects"
        for key in ("client_cert_hsm_tls_path", "client_key_hsm_tls_path")
        if cluster.get(key) == ""
    )
    disabled = [str(e.get("hostname")) for e in entries if e.get("enable") in (False, "no")]
    if disabled:
        notes += (f"{', '.join(disabled)} is disabled",)
    keys = _texts(cluster, "client_key_path", "client_key_hsm_tls_path")
    return Configured(5, _text(cluster.get("cluster_id")), addresses, named, keys, notes)


def _daemon(document: Mapping[str, Any]) -> Configured:
    ssl, client = _map(document.get("ssl")), _map(document.get("client"))
    addresses, notes = _hosts([_map(document.get("server")).get("hostname")])
    named = (
        *_named(ssl, (("CApath", Role.SERVER), ("CAfile", Role.SERVER)), "ssl"),
        *_named(ssl, (("certificate", Role.CLIENT),), "ssl"),
        *_named(client, (("e2e_owner_crt_path", Role.CUSTOMER_CA),), "client"),
    )
    notes += _outer_off(ssl, "ssl")
    return Configured(3, "", addresses, named, _texts(ssl, "pkey"), notes)


def _management(server: Mapping[str, Any], where: str) -> Configured:
    inner = _map(server.get("e2e_encryption"))
    addresses, notes = _hosts([server.get("hostname")])
    named = (
        *_named(server, (("CApath", Role.SERVER), ("CAfile", Role.SERVER)), where),
        *_named(server, (("certificate", Role.CLIENT),), where),
        *_named(inner, (("owner_cert_path", Role.CUSTOMER_CA),), f"{where}.e2e_encryption"),
    )
    notes += _outer_off(server, where)
    if _off(inner.get("enable")):
        notes += (f"{where}.e2e_encryption.enable is no: no inner TLS is to be expected",)
    if _off(server.get("enable")):
        notes += (f"{where}.enable is no: {server.get('hostname')} is not used",)
    return Configured(3, "", addresses, named, _texts(server, "pkey"), notes)


def _outer_off(table: Mapping[str, Any], where: str) -> tuple[str, ...]:
    if not _off(table.get("server_ssl")):
        return ()
    return (f"{where}.server_ssl is no: no outer TLS is to be expected",)


def _off(value: Any) -> bool:
    return value is False or str(value).lower() == "no"


def _hosts(names: Iterable[Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Addresses, and what to say of names that are none."""
    addresses, notes = [], []
    for name in names:
        text = _text(name)
        address = address_of(text)
        if address:
            addresses.append(address)
        elif _PLACEHOLDER in text:
            notes.append(
                f"still has the placeholder {text} for the HSM's address: the tool was never "
                "configured ('configure -a ADDRESS')"
            )
        elif text:
            notes.append(f"names the HSM by name, {text}: a capture has addresses only")
    return tuple(addresses), tuple(notes)


def _named(
    table: Mapping[str, Any], roles: tuple[tuple[str, Role], ...], where: str
) -> tuple[Named, ...]:
    """The keys of `roles` that name something; a blank one is as good as none."""
    return tuple(
        Named(role, _text(table.get(key)), f"{where}.{key}")
        for key, role in roles
        if _text(table.get(key))
    )


def _texts(table: Mapping[str, Any], *keys: str) -> tuple[str, ...]:
    return tuple(text for key in keys if (text := _text(table.get(key))))


def _inner(entry: Any) -> Mapping[str, Any]:
    cluster = _map(entry).get("cluster")
    return cluster if isinstance(cluster, Mapping) else _map(entry)


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
