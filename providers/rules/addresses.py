"""Which addresses a partner may have called: decided on the text and on what it resolves to. Pure.

A server that calls addresses others chose can be made to look into its own network (server-side
request forgery, OWASP). So two questions are asked: of the address when it is entered, and of each
number it resolves to whenever it is called.
"""

import re
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

LONGEST = 500
_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*\.?", re.IGNORECASE)
_ODD = re.compile(r"[\x00-\x20\x7f\\]")
# What ipaddress calls global, but is the host's own neighbourhood in some clouds or translations.
_NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            "168.63.129.16/32",  # Azure's own services, on every virtual machine
            "100.64.0.0/10",  # shared by carriers; Alibaba's metadata (RFC 6598)
            "192.0.0.0/24",  # protocol assignments; Oracle's metadata (RFC 6890)
            "192.88.99.0/24",  # relays of 6to4, long out of use (RFC 7526)
            "240.0.0.0/4",
            "64:ff9b:1::/48",  # local translation (RFC 8215)
            "2001::/23",  # protocol assignments, Teredo among them
            "2002::/16",  # 6to4
            "3fff::/20",  # documentation (RFC 9637)
            "5f00::/16",  # segment routing (RFC 9602)
            "fec0::/10",  # site-local, withdrawn
        ),
    )
)
_TRANSLATED = ip_network("64:ff9b::/96")  # the last four bytes are an IPv4 address (RFC 6052)


def is_public(number: str) -> bool:
    """Return whether an address, as the resolver gives it, lies in the public network."""
    try:
        found = ip_address(number.partition("%")[0])
    except ValueError:
        return False
    return _is_public(found)


def _is_public(found: IPv4Address | IPv6Address) -> bool:
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped
        if inner is None and found in _TRANSLATED:
            inner = IPv4Address(found.packed[-4:])
        if inner is not None:
            return _is_public(inner)
    return (
        found.is_global
        and not (found.is_multicast or found.is_unspecified or found.is_reserved)
        and not any(found in network for network in _NOT_PUBLIC if network.version == found.version)
    )


def url_fault(url: str, *, plain_http: bool, private: bool, ports: Collection[int]) -> str:
    """Return the code of what is wrong with an address, or nothing.

    `plain_http`, `private` and `ports` are what the installation allows; no ports are any port.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return "not_an_address"
    wrong = {
        "too_long": len(url) > LONGEST,
        "not_an_address": not url.isascii() or bool(_ODD.search(url)),
        "not_https": parts.scheme != "https" and not (plain_http and parts.scheme == "http"),
        "secret_in_address": "@" in parts.netloc or bool(parts.fragment),
        "port": bool(ports) and port not in ports,
    }
    code = next((code for code, holds in wrong.items() if holds), "")
    return code or _host_fault(parts, private=private)


def _host_fault(parts: SplitResult, *, private: bool) -> str:
    host = parts.hostname or ""
    try:
        found = ip_address(host)
    except ValueError:
        pass
    else:
        return "" if private or _is_public(found) else "private"
    if not _NAME.fullmatch(host) or len(host) > 253:  # noqa: PLR2004 - RFC 1035, 2.3.4
        return "not_an_address"
    # "2130706433", "0x7f.1" and "0177.0.0.1" are numbers to a resolver; no name ends in a number.
    if _is_number(host.rstrip(".").rpartition(".")[2]):
        return "not_an_address"
    if not private and (host.rstrip(".") == "localhost" or host.rstrip(".").endswith(_OURS)):
        return "private"
    return ""


_OURS = (".localhost", ".local", ".internal", ".home.arpa")


def _is_number(label: str) -> bool:
    """Return whether a label is read as a number (WHATWG URL, "ends in a number")."""
    return label.isdigit() or bool(re.fullmatch(r"0[xX][0-9a-fA-F]*", label))
