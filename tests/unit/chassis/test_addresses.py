"""Where a caller is: the peer's word, and a forwarded address only as far as trusted proxies have written it."""

import pytest

from chassis.addresses import caller_address, networks

PROXIES = networks(["10.0.0.0/8", "fd00::/8", "192.0.2.7"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.5", [], "203.0.113.5"),
        ("203.0.113.5", ["1.1.1.1"], "203.0.113.5"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["1.1.1.1"], "1.1.1.1"),
        ("10.0.0.1", ["9.9.9.9, 1.1.1.1"], "1.1.1.1"),
        ("10.0.0.1", ["9.9.9.9", "1.1.1.1"], "1.1.1.1"),
        ("10.0.0.1", ["1.1.1.1, 10.2.3.4"], "1.1.1.1"),
        ("10.0.0.1", ["1.1.1.1,192.0.2.7 ,10.2.3.4"], "1.1.1.1"),
        ("10.0.0.1", ["10.5.5.5, 10.2.3.4"], "10.5.5.5"),
        ("10.0.0.1", ["1.1.1.1, nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["1.1.1.1, nonsense, 10.2.3.4"], "10.2.3.4"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", [",,,"], "10.0.0.1"),
        ("10.0.0.1", ["1.1.1.1:80"], "10.0.0.1"),
        ("192.0.2.8", ["1.1.1.1"], "192.0.2.8"),
        ("2001:db8:1:2:3::4", [], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", [], "2001:db8:1:2::/64"),
        ("fd00::1", ["2001:db8::1"], "2001:db8::/64"),
        ("::1", [], "::/64"),
        ("fe80::1%eth0", [], "fe80::/64"),
        ("::ffff:203.0.113.5", [], "203.0.113.5"),
        ("::ffff:10.0.0.1", ["::ffff:1.1.1.1"], "1.1.1.1"),
        (None, ["1.1.1.1"], "unknown"),
        ("", [], "unknown"),
        ("@socket", ["1.1.1.1"], "unknown"),
    ],
)
def test_the_caller_is_the_last_who_is_no_trusted_proxy(peer: str | None, forwarded: list[str], address: str) -> None:
    assert caller_address(peer, forwarded, PROXIES) == address


def test_without_trusted_proxies_only_the_peer_counts() -> None:
    assert caller_address("10.0.0.1", ["1.1.1.1"], ()) == "10.0.0.1"


@pytest.mark.parametrize("text", ["", "10.0.0.0/33", "10.0.0.1/8", "proxy.example", "10.0.0"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        networks([text])
