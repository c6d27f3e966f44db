"""Values that more than one setting has: addresses, whether they can be, and whether they are on this machine."""

from __future__ import annotations

import pytest

from bot.errors import SettingError
from bot.setting_values import host_of, https, is_confidential, is_near, proxy

NEAR = ["127.0.0.1", "127.8.9.1", "::1", "localhost"]
NO_HOST = [
    *("", ".", "..", ".exemple.be", "exemple..be", "exem ple.be", "a,b"),
    *("[.]", "[]", "[x]", "[1:2:3]", "[:::1]", "[12345::1]", "[10.0.0.1]", "[::1", "::1", "exemple.be[::1]", "[::1]exemple.be"),
    *("256.0.0.1", "1.2.3", "1.2.3.4.5", "2130706433"),
]
NO_PORT = ["0", "65536", "70000", "999999999999", "-1", "+80", "8o", "80:80", "٣"]
FAR = ["", "10.0.0.1", "0.0.0.0", "::", "fd00::1", "localhost.exemple.be", "127.0.0.1.exemple.be", "exemple.be", "2130706433", "127.1"]


@pytest.mark.parametrize("host", NEAR)
def test_a_host_of_this_machine_is_near(host: str) -> None:
    assert is_near(host)
    assert is_confidential(f"http://[{host}]:80/x" if ":" in host else f"http://{host}:80/x")


@pytest.mark.parametrize("host", FAR)
def test_any_other_host_is_far(host: str) -> None:
    assert not is_near(host)
    assert not is_confidential(f"http://[{host}]/x" if ":" in host else f"http://{host}/x")


@pytest.mark.parametrize(
    "url", ["https://exemple.be", "https://10.0.0.1:8443/x", "https://[fd00::1]/", "HTTPS://exemple.be", "http://LOCALHOST/x"]
)
def test_nobody_reads_what_is_sent_by_https_or_within_this_machine(url: str) -> None:
    assert is_confidential(url)


@pytest.mark.parametrize(
    "url",
    [
        *("", "exemple.be", "https://", "https:///x", "https://[x", "ftp://127.0.0.1", "//127.0.0.1", "http://127.0.0.1@exemple.be/"),
        *("https://exemple.be:70000/", "https://[1:2:3]/", "http://exemple.be[::1]/", "http://localhost:0"),
    ],
)
def test_what_is_no_such_address_is_not_confidential(url: str) -> None:
    assert not is_confidential(url)


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("https://exemple.be/v1/", "https://exemple.be/v1"),
        ("https://exemple.be:8443", "https://exemple.be:8443"),
        ("http://[::1]:9/", "http://[::1]:9"),
    ],
)
def test_an_address_of_a_service_is_read_without_its_last_slash(raw: str, read: str) -> None:
    assert https("CIC_X", raw) == read


@pytest.mark.parametrize(
    "raw",
    [
        "http://exemple.be",
        "https://a@exemple.be",
        "https://exemple.be/?a",
        "https://exemple.be/#a",
        "https://exemple.be\\@autre.example",
        "https://exemple.be/a b",
        "https://exemplé.be",
        "https://exemple.be\r\nX: y",
    ],
)
def test_an_address_that_could_lead_elsewhere_is_refused(raw: str) -> None:
    with pytest.raises(SettingError, match=r"^CIC_X : .* n'est pas une adresse https\.$"):
        https("CIC_X", raw)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://exemple.be", "exemple.be"),
        ("https://Exemple.be.:65535/x", "exemple.be."),
        ("http://rasa_2:1", "rasa_2"),
        ("http://10.0.0.1:8080", "10.0.0.1"),
        ("http://[FD00::1]:80", "fd00::1"),
        ("http://[::ffff:10.0.0.1]", "::ffff:10.0.0.1"),
        ("http://a:b@exemple.be:80", "exemple.be"),
    ],
)
def test_the_host_of_an_address(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize("host", NO_HOST)
def test_an_address_without_a_host_that_can_be_is_refused(host: str) -> None:
    assert host_of(f"https://{host}:80/x") == host_of(f"https://{host}/x") == ""
    with pytest.raises(SettingError, match=r"^CIC_X : .* n'est pas une adresse https\.$"):
        https("CIC_X", f"https://{host}/x")
    with pytest.raises(SettingError, match=r"^CIC_PROXY n'est pas l'adresse d'un serveur mandataire"):
        proxy("CIC_PROXY", f"http://{host}:80")


@pytest.mark.parametrize("port", NO_PORT)
@pytest.mark.parametrize("host", ["exemple.be", "10.0.0.1", "[fd00::1]"])
def test_an_address_with_a_port_that_cannot_be_is_refused(host: str, port: str) -> None:
    assert host_of(f"https://{host}:{port}/x") == ""
    with pytest.raises(SettingError, match=r"^CIC_X : .* n'est pas une adresse https\.$"):
        https("CIC_X", f"https://{host}:{port}/")
    with pytest.raises(SettingError, match=r"^CIC_PROXY n'est pas l'adresse d'un serveur mandataire"):
        proxy("CIC_PROXY", f"http://{host}:{port}/")
