"""A reviewer's day, with everything real. It comes before the tests of single modules, which run while a correction is trained."""

from browser.conftest import begin, browser, playwright

__all__ = ["begin", "browser", "playwright"]
