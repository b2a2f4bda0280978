"""An address that is cut short names a network, and nobody in it."""

import pytest

from cloudscale.services.activity.visitors import cut_short


@pytest.mark.parametrize(
    ("ip", "shown"),
    [
        ("203.0.113.9", "203.0.113.x"),
        ("203.0.113.255", "203.0.113.x"),
        ("127.0.0.1", "127.0.0.x"),
        ("2001:db8:7:9:1:2:3:4", "2001:db8:7::/48"),
        ("2001:db8::1", "2001:db8::/48"),
        ("::1", "::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", ""),
        ("erased", ""),
        ("203.0.113", ""),
    ],
)
def test_a_v4_address_loses_its_last_byte_and_a_v6_address_all_after_48_bits(ip, shown):
    assert cut_short(ip) == shown
