"""A person at a browser: what she sees, does and hears, and what the browser complains of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Playwright

from bot.benchmarks.page import QUIET, chromium_path
from bot.config import PROJECT

PICTURES = PROJECT / "var" / "captures"
"""Where screenshots are kept, for those who look at them after a run."""
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
WAIT_MS = 30_000
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 760}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
NARROW: dict[str, Any] = {"viewport": {"width": 320, "height": 640}}
ZOOMED: dict[str, Any] = {"viewport": {"width": 320, "height": 200}, "device_scale_factor": 4}
"""A window of 1280 by 800 at 400 %."""

# Keeps what the browser refuses by policy, and what live regions say, in shadow trees as well
_WITNESS = """
window.refused = [];
window.spoken = [];
addEventListener("securitypolicyviolation", (event) => window.refused.push(`${event.effectiveDirective} ${event.blockedURI}`), true);
const isLive = (node) => {
  for (let at = node; at; at = at.parentElement) {
    const live = at.getAttribute?.("aria-live");
    if (live) return live !== "off";
    if (["status", "alert", "log"].includes(at.getAttribute?.("role"))) return true;
  }
  return false;
};
const listen = (root) => new MutationObserver((changes) => {
  for (const { target, addedNodes } of changes) {
    if (!isLive(target)) continue;
    for (const node of addedNodes) if (node.textContent.trim()) window.spoken.push(node.textContent.trim());
  }
}).observe(root, { childList: true, subtree: true, characterData: true });
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (options) {
  const root = attach.call(this, options);
  listen(root);
  return root;
};
addEventListener("DOMContentLoaded", () => listen(document));
"""


@contextmanager
def launched(playwright: Playwright, *options: str) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=chromium_path(), args=[*QUIET, *options])
    yield browser
    browser.close()


@dataclass
class Visit:
    """One person with one window on a site. `expected` are parts of complaints of the browser that a test provokes."""

    page: Page
    address: str
    expected: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def begin(cls, browser: Browser, address: str, **options: Any) -> Visit:
        context = browser.new_context(locale="fr-BE", **(DESKTOP | options))
        context.set_default_timeout(WAIT_MS)
        context.add_init_script(_WITNESS)
        visit = cls(context.new_page(), address)
        visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        visit.page.on("console", visit._hear)
        return visit

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def end(self) -> None:
        """Leave, and see that the browser had nothing to complain of but what was expected."""
        refused = [] if self.page.is_closed() else self.page.evaluate("window.refused || []")
        self.page.context.close()
        unexpected = [said for said in self.complaints if not any(part in said for part in self.expected)]
        assert (refused, unexpected) == ([], [])

    # --- going about ---

    def go(self, path: str = "/") -> Visit:
        self.page.goto(self.address + path)
        return self

    def open(self, path: str = "/demonstration") -> Visit:
        """Go to a page with the button at its corner, and press it."""
        self.go(path)
        self.launcher.click()
        self.field.wait_for()
        return self

    def say(self, text: str) -> None:
        """Type a message and send it, without waiting for the answer."""
        self.field.fill(text)
        self.field.press("Enter")

    def ask(self, text: str) -> str:
        """Send a message; return the text of the answer, a bubble a line."""
        before = self.answers.count()
        self.say(text)
        return self.answer_after(before)

    def choose(self, title: str) -> str:
        """Press a proposed answer; return what is answered."""
        before = self.answers.count()
        self.page.get_by_role("group", name="Réponses proposées").get_by_role("button", name=title, exact=True).click()
        return self.answer_after(before)

    def answer_after(self, before: int) -> str:
        """Wait until there are more than `before` answers and nothing is awaited."""
        self.answers.nth(before).wait_for()
        self.page.wait_for_function("() => !JSON.parse(Object.values(sessionStorage)[0] || '{}').pending")
        return "\n".join(self.answers.nth(index).locator(".text").inner_text() for index in range(before, self.answers.count()))

    def wait_for_status(self, part: str) -> str:
        """Wait until the line above the field holds `part`."""
        self.status.filter(has_text=part).wait_for()
        return self.status.inner_text()

    # --- what is there ---

    @property
    def launcher(self) -> Locator:
        return self.page.locator("cic-assistant .launcher")

    @property
    def panel(self) -> Locator:
        return self.page.locator("cic-assistant .panel")

    @property
    def field(self) -> Locator:
        return self.page.locator("cic-assistant #field")

    @property
    def status(self) -> Locator:
        return self.page.locator("cic-assistant").get_by_role("status")

    @property
    def turns(self) -> Locator:
        return self.page.locator("cic-assistant .turn")

    @property
    def answers(self) -> Locator:
        return self.page.locator("cic-assistant .turn:not(.mine)")

    @property
    def source(self) -> Locator:
        """The source of the latest answer that has one, folded or not."""
        return self.page.locator("cic-assistant summary").last

    @property
    def said(self) -> list[str]:
        """All bubbles, oldest first."""
        return [text.inner_text() for text in self.page.locator("cic-assistant .text").all()]

    @property
    def mine(self) -> list[str]:
        """The person's own bubbles."""
        return [text.inner_text() for text in self.page.locator("cic-assistant .mine .text").all()]

    @property
    def spoken(self) -> list[str]:
        """What a screen reader was given to say on this page, in order."""
        return [re.sub(r"\s+", " ", said) for said in self.page.evaluate("window.spoken")]

    @property
    def focus(self) -> str:
        """The accessible name, else the text or tag, of what has the focus, in the shadow tree as well."""
        return str(self.page.evaluate(_FOCUS))

    def overflow(self) -> int:
        """By how many pixels of CSS something stands out of the window sideways, on the page and in the panel."""
        return int(self.page.evaluate(_OVERFLOW))

    def picture(self, name: str, whole: bool = False) -> None:
        """Keep a screenshot, once the conversation has stopped moving."""
        self.page.wait_for_function(_AT_REST)
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png", full_page=whole, animations="disabled")

    def check(self, name: str, without: Sequence[str] = ()) -> None:
        """Keep a screenshot of this state; axe finds nothing in it, and nothing stands out of the window."""
        self.picture(name)
        options = {"runOnly": {"type": "tag", "values": RULES}, "rules": {rule: {"enabled": False} for rule in without}}
        found = Axe().run(self.page, options=options)
        assert found.violations_count == 0, _told(found.response["violations"])
        assert self.overflow() <= 0


def _told(violations: Sequence[dict[str, Any]]) -> str:
    return "\n".join(
        f"{found['id']}: {node['target']} {node['html'][:200]} {node['failureSummary']}" for found in violations for node in found["nodes"]
    )


_AT_REST = """() => {
  const log = document.querySelector("cic-assistant")?.shadowRoot?.querySelector(".log");
  const [before, now] = [window.movedTo, log?.scrollTop];
  window.movedTo = now;
  return !log || before === now;
}"""
_FOCUS = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return (at.getAttribute("aria-label") || at.labels?.[0]?.textContent.trim() || at.textContent.trim() || at.tagName).slice(0, 80);
}"""

_OVERFLOW = """() => {
  const width = document.documentElement.clientWidth;
  const shadow = document.querySelector("cic-assistant")?.shadowRoot;
  const parts = shadow ? [...shadow.querySelectorAll(".panel, .log, .foot, .head, .turn")] : [];
  const shown = parts.filter((part) => part.getClientRects().length);
  const inside = shown.flatMap((part) => [part.scrollWidth - part.clientWidth, part.getBoundingClientRect().right - width]);
  return Math.ceil(Math.max(document.documentElement.scrollWidth - width, ...inside) - 0.5);
}"""
