"""The public page and its files."""

from __future__ import annotations

from pathlib import Path

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.text import typeset

_HERE = Path(__file__).resolve().parent


def page_routes(retention_days: int) -> list[BaseRoute]:
    """Return the routes of the page, which is the same for everybody and made once."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["typeset"] = typeset
    html = environment.get_template("index.html").render(retention_days=retention_days)

    async def index(_: Request) -> Response:
        return HTMLResponse(html)

    return [Route("/", index), Mount("/static", StaticFiles(directory=_HERE / "static"))]
