"""The files that browsers load from us: styles, the icon and the widget. Always asked for anew, sent again only when they changed."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from pathlib import Path
from typing import TypeAlias

import minify
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).resolve().parent / "static"
WIDGET = "/static/widget.js"
"""Where the widget is served: the one file that other sites load."""

_Path: TypeAlias = "str | os.PathLike[str]"

_STYLE = re.compile(r"(const STYLE = `)([^`$]*)")


class Assets(StaticFiles):
    """The folder of static files; every response tells the browser to ask again whether its copy is the current one."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC)
        self._widget = packed(STATIC / Path(WIDGET).name)
        self._etag = f'"{hashlib.sha256(self._widget).hexdigest()[:32]}"'

    @property
    def integrity(self) -> str:
        """The hash of the widget as an `integrity` attribute has it (https://www.w3.org/TR/SRI/)."""
        return "sha384-" + base64.b64encode(hashlib.sha384(self._widget).digest()).decode("ascii")

    def file_response(self, full_path: _Path, stat_result: os.stat_result, scope: Scope, status_code: int = 200) -> Response:
        """Return the file, or 304 when the client has it."""
        if Path(full_path).name == Path(WIDGET).name:
            response = self._widget_for(scope)
        else:
            response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = "no-cache"
        return response

    def _widget_for(self, scope: Scope) -> Response:
        response = Response(self._widget, media_type="text/javascript", headers={"ETag": self._etag})
        unchanged = self.is_not_modified(response.headers, Headers(scope=scope))
        return NotModifiedResponse(response.headers) if unchanged else response


def packed(script: Path) -> bytes:
    """Return a script and the style within it without comments and spaces and with short names: a fifth less goes over the wire."""
    source = _STYLE.sub(lambda found: found[1] + minify.string("text/css", found[2]), script.read_text("utf-8"))
    return str(minify.string("application/javascript", source)).encode("utf-8")
