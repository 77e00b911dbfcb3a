"""Where a request comes from: the address of the client, behind CloudFront too, as a pseudonym."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping

EDGE_HEADER = "x-edge-secret"
"""The header by which CloudFront proves that a request came through it."""

_IPV6_NETWORK = 64  # bits that one client usually has to itself


def came_through_edge(headers: Mapping[str, str], secret: str) -> bool:
    """Whether the request came through CloudFront. ``headers`` have names in lower case."""
    return bool(secret) and hmac.compare_digest(headers.get(EDGE_HEADER, "").encode(), secret.encode())


def client_of(context: Mapping[str, object], headers: Mapping[str, str], secret: str) -> str:
    """A name for the client's network address: the same for the same address, and of no use to find the address.

    API Gateway sees CloudFront's server as the caller. The client's own address is the last one that CloudFront has
    added to X-Forwarded-For, and is believed only if the request proves to come from there. IPv6 addresses count by
    their /64 network.
    """
    identity = context.get("identity")
    source = str(identity.get("sourceIp", "")) if isinstance(identity, Mapping) else ""
    address = _forwarded(headers, source) if came_through_edge(headers, secret) else source
    return "ip-" + hmac.new(secret.encode() or b"learnermax", _network(address).encode(), "sha256").hexdigest()[:32]


def _forwarded(headers: Mapping[str, str], source: str) -> str:
    named = [each.strip() for each in headers.get("x-forwarded-for", "").split(",")]
    if named[-1] == source:  # API Gateway adds its own caller, CloudFront's server
        named.pop()
    return named[-1] if named and named[-1] else source


def _network(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(found), _IPV6_NETWORK), strict=False))
    return str(found)
