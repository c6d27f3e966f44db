"""Values that more than one setting has: addresses that are given our credentials, and whether they are on this machine."""

from __future__ import annotations

import pytest

from bot.errors import SettingError
from bot.setting_values import https, is_confidential, is_near

NEAR = ["127.0.0.1", "127.8.9.1", "::1", "localhost"]
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
    "url", ["", "exemple.be", "https://", "https:///x", "https://[x", "ftp://127.0.0.1", "//127.0.0.1", "http://127.0.0.1@exemple.be/"]
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
