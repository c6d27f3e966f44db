"""What a visitor waits for and loads, measured in a real browser before the assistant that runs.

Milliseconds depend on the machine; the two ratios much less: the first paint of our page against that of a line of text from the same
server, and an answer in the page against the same answer through the chat API alone.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from bot.errors import SettingError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
)
"""Who measures may be root, and the browser has nothing to look for outside."""
LINE_OF_TEXT = "healthz"
"""The least that our server can serve and a browser can paint."""
QUESTION = "Quel est le budget total du Programme ?"
_WAIT_MS = 60_000


@dataclass(frozen=True)
class PageTimes:
    """Medians over the loads, in milliseconds; bytes as they went over the wire, with everything that the page loads."""

    loads: int
    paint_ms: float
    bare_paint_ms: float
    usable_ms: float
    answer_ms: float
    api_answer_ms: float
    page_bytes: int
    widget_bytes: int

    @property
    def paint_ratio(self) -> float:
        """How many times longer the first paint takes than that of a line of text."""
        return self.paint_ms / self.bare_paint_ms

    @property
    def answer_ratio(self) -> float:
        """How many times longer an answer takes in the page than through the API."""
        return self.answer_ms / self.api_answer_ms

    def as_dict(self) -> dict[str, Any]:
        """All figures."""
        return asdict(self) | {"paint_ratio": self.paint_ratio, "answer_ratio": self.answer_ratio}


def chromium_path() -> str:
    """Return the browser. Raises SettingError when there is none."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not found:
        raise SettingError("Le navigateur Chromium manque : installez-le (paquet chromium sous Debian), puis recommencez.")
    return found


def measure(address: str, ask: Callable[[str], object], loads: int) -> PageTimes:
    """Open the page at `address` so many times, each as a new visitor, and ask one question; `ask` puts it to the API, in a new session."""
    with _browser() as browser:
        bare = [_visit(browser, address + LINE_OF_TEXT, _paint) for _ in range(loads)]
        ours = [_visit(browser, address, _whole) for _ in range(loads)]
    return PageTimes(
        loads=loads,
        paint_ms=median(paint for paint, *_ in ours),
        bare_paint_ms=median(bare),
        usable_ms=median(usable for _, usable, *_ in ours),
        answer_ms=median(answer for _, _, answer, _ in ours),
        api_answer_ms=median(_milliseconds(ask) for _ in range(loads)),
        page_bytes=max(sum(sizes.values()) for *_, sizes in ours),
        widget_bytes=max(size for *_, sizes in ours for url, size in sizes.items() if url.endswith("/static/widget.js")),
    )


@contextmanager
def _browser() -> Iterator[Browser]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise SettingError("Playwright manque : « uv sync » l'installe avec les outils des tests.") from error
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(QUIET))
        yield browser
        browser.close()


def _visit(browser: Browser, url: str, look: Callable[[Page], Any]) -> Any:
    context = browser.new_context()
    context.set_default_timeout(_WAIT_MS)
    page = context.new_page()
    page.goto(url, wait_until="load")
    try:
        return look(page)
    finally:
        context.close()


def _paint(page: Page) -> float:
    page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length")
    return float(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))


def _whole(page: Page) -> tuple[float, float, float, dict[str, int]]:
    """First paint, the moment from which one may ask, one answer, and the bytes of each file."""
    page.get_by_role("group", name="Réponses proposées").wait_for()
    usable = float(page.evaluate("performance.now()"))
    sizes = page.evaluate(_SIZES)
    page.locator("cic-assistant #field").fill(QUESTION)
    answer = float(page.evaluate(_ANSWER))
    return _paint(page), usable, answer, sizes


def _milliseconds(ask: Callable[[str], object]) -> float:
    began = time.perf_counter()
    ask(QUESTION)
    return 1000 * (time.perf_counter() - began)


def lines(found: PageTimes) -> Sequence[str]:
    """Return the figures as French sentences."""
    paint, answer = (f"{ratio:.1f}".replace(".", ",") for ratio in (found.paint_ratio, found.answer_ratio))
    return (
        f"{found.loads} visites, médianes",
        f"première peinture : {found.paint_ms:.0f} ms, {paint} fois celle d'une ligne de texte ({found.bare_paint_ms:.0f} ms)",
        f"prêt à répondre après {found.usable_ms:.0f} ms",
        f"réponse dans la page : {found.answer_ms:.0f} ms, {answer} fois celle de l'API seule ({found.api_answer_ms:.0f} ms)",
        f"chargé : {found.page_bytes / 1000:.1f} ko en tout, dont l'assistant {found.widget_bytes / 1000:.1f} ko".replace(".", ","),
    )


_SIZES = """() => Object.fromEntries(["navigation", "resource"]
  .flatMap((kind) => performance.getEntriesByType(kind))
  .map(({ name, transferSize }) => [name, transferSize]))"""
_ANSWER = """() => new Promise((done) => {
  const root = document.querySelector("cic-assistant").shadowRoot;
  const began = performance.now();
  new MutationObserver((_, observer) => {
    if (!root.querySelector(".turn.mine + .turn")) return;
    observer.disconnect();
    done(performance.now() - began);
  }).observe(root, { childList: true, subtree: true });
  root.querySelector("form").requestSubmit();
})"""
