"""One browser for all tests, a window of its own for each; the application with Rasa played, and the site of a municipality."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright
from support.browser import Visit, launched
from support.served_site import MunicipalSite, ServedSite

Begin = Callable[..., Visit]
"""Begin a visit: `begin(address, **options of the browser context)`."""


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    with launched(playwright) as browser:
        yield browser


@pytest.fixture
def begin(browser: Browser) -> Iterator[Begin]:
    """Visits that end with the test, and with nothing that the browser complains of."""
    visits: list[Visit] = []

    def begun(address: str, **options: Any) -> Visit:
        visits.append(Visit.begin(browser, address, **options))
        return visits[-1]

    yield begun
    for visit in visits:
        visit.end()


@pytest.fixture(scope="package")
def municipality() -> Iterator[MunicipalSite]:
    site = MunicipalSite()
    yield site
    site.close()


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory, municipality: MunicipalSite) -> Iterator[ServedSite]:
    site = ServedSite(tmp_path_factory.mktemp("served"), origins=(municipality.origin,), rate_limit=100_000)
    yield site
    site.close()


@pytest.fixture
def site(served: ServedSite) -> ServedSite:
    """The application, served, its Rasa at rest."""
    served.start()
    served.rasa.rest()
    return served
