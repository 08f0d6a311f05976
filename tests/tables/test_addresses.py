"""Whom we call: URLs and addresses, one by one."""

import pytest

from milletpay.notifications import Reach, Target, UrlRefused, may_call, read_target

PUBLIC = [
    "8.8.8.8",
    "203.0.114.1",
    "2606:4700::1111",
    "2a00:1450:4001::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]
NEARBY = [
    "127.0.0.1",
    "127.8.8.8",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "::1",
    "fc00::1",
    "::ffff:127.0.0.1",
]
NEVER = [
    "0.0.0.0",  # noqa: S104 - nobody is bound here
    "169.254.169.254",
    "224.0.0.1",
    "239.255.255.250",
    "255.255.255.255",
    "240.0.0.1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "::ffff:169.254.169.254",
    "::ffff:0.0.0.0",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:a9fe:a9fe::1",
    "localhost",
    "127.1",
    "0x7f000001",
    "2130706433",
    "",
]
CARRIED = ["64:ff9b::7f00:1", "2002:7f00:1::", "2002:0a01:0203::1", "2001:0:1:1:1:1:f5fe:fdfc", "::127.0.0.1"]
"""Addresses that end at one of version 4 that is private."""


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_called(address: str) -> None:
    assert may_call(address, reach=Reach.PUBLIC)
    assert may_call(address, reach=Reach.NEARBY)


@pytest.mark.parametrize("address", [*NEARBY, "100.64.0.1", "198.18.0.1", "192.0.2.1", *CARRIED])
def test_private_addresses_are_not(address: str) -> None:
    assert not may_call(address, reach=Reach.PUBLIC)


@pytest.mark.parametrize("address", NEARBY)
def test_but_in_a_demo(address: str) -> None:
    assert may_call(address, reach=Reach.NEARBY)


@pytest.mark.parametrize("address", NEVER)
def test_some_are_never_called(address: str) -> None:
    assert not may_call(address, reach=Reach.PUBLIC)
    assert not may_call(address, reach=Reach.NEARBY)


def test_a_url_is_taken_apart() -> None:
    assert read_target("https://shop.example/a/b?c=d", reach=Reach.PUBLIC) == Target(
        tls=True, host="shop.example", port=443, authority="shop.example", path="/a/b?c=d"
    )
    assert read_target("https://[2606:4700::1111]:8443", reach=Reach.PUBLIC) == Target(
        tls=True, host="2606:4700::1111", port=8443, authority="[2606:4700::1111]:8443", path="/"
    )
    assert read_target("http://localhost:81", reach=Reach.NEARBY) == Target(
        tls=False, host="localhost", port=81, authority="localhost:81", path="/"
    )


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example/hooks",
        "//shop.example/hooks",
        "http://shop.example/",
        "ftp://shop.example/",
        "file:///etc/passwd",
        "gopher://shop.example:6379/_SET",
        "https://",
        "https:///hooks",
        "https://a:b@shop.example/",
        "https://shop.example@169.254.169.254/",
        "https://shop.example/#part",
        "https://shop.example:22/",
        "https://shop.example:80/",
        "https://shop.example:0/",
        "https://shop.example:99999/",
        "https://shop.example:port/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://[fe80::1%25eth0]/",
        "https://[::1/",
        "https://shop.example/ hooks",
        "https://shop.example/\r\nX-Injected: yes",
        "https://shop.example\t/",
        "https://商店.example/",
        "https://shop_\\example/",
        "https://shop.example/" + "a" * 2000,
    ],
)
def test_other_urls_are_refused_in_words(url: str) -> None:
    with pytest.raises(UrlRefused) as refused:
        read_target(url, reach=Reach.PUBLIC)
    assert str(refused.value).endswith(".")


def test_a_demo_has_its_limits_too() -> None:
    for url in ("http://169.254.169.254/", "file:///etc/passwd", "http://[fe80::1]/", "http://0.0.0.0/"):
        with pytest.raises(UrlRefused):
            read_target(url, reach=Reach.NEARBY)
