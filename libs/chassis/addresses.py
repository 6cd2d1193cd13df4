"""Where a request comes from: the peer, or what trusted proxies say in X-Forwarded-For."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
_PREFIX = 64  # bits: whoever has one IPv6 address has at least the 2^64 of its network


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """The networks of "10.0.0.0/8" or "10.1.2.3". Raises ValueError."""
    return tuple(ip_network(text.strip()) for text in texts)


def caller_address(peer: str | None, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """Whom to hold responsible for a request: an IPv4 address, or the /64 of an IPv6 one.

    `forwarded` are its X-Forwarded-For headers. Only what a trusted proxy has added counts; what stands left of that
    is the caller's own word.
    """
    address = _address(peer or "")
    hops = ",".join(forwarded).split(",")
    while address is not None and _within(address, trusted) and hops:
        told = _address(hops.pop())
        if told is None:
            break
        address = told
    return "unknown" if address is None else _named(address)


def _address(text: str) -> Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _within(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)


def _named(address: Address) -> str:
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), _PREFIX), strict=False))
    return str(address)
