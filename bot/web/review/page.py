"""A page that is made in a thread: a long conversation takes a moment, and the event loop answers the people who chat."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import HTMLResponse

from bot.web.review.threads import run_sync


class Page(HTMLResponse):
    """A page that is yet to be made, by `make`; `finish` is to be awaited before it is sent."""

    def __init__(self, make: Callable[[], str], status: int) -> None:
        super().__init__("", status)
        self._make = make

    async def finish(self) -> None:
        """Make it."""
        self.body = self.render(await run_sync(self._make))
        self.headers["content-length"] = str(len(self.body))
