"""An HTTP server that stands for one of our processes behind the proxy: it says which one it is and what reached it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class PlayedServer:
    """Answers every request with its name, and the addresses in `faults` with the status given there, or not at all (None)."""

    name: str
    port: int = 0
    faults: dict[str, int | None] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of all that came, checks of the proxy too."""
    _server: ThreadingHTTPServer | None = None

    def __enter__(self) -> PlayedServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen, on the port of last time when there was one."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_port
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Go away: from now on connections are refused."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def heard(self, method: str) -> list[str]:
        """The paths that were asked for."""
        return [path for asked, path in self.requests if asked == method]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.requests.append((self.command, self.path))
                self.rfile.read(int(self.headers.get("content-length", 0)))
                status = server.faults.get(self.path, 200)
                if status is None:
                    self.connection.close()
                    return
                told = {"forwarded": self.headers.get_all("X-Forwarded-For"), "scheme": self.headers.get_all("X-Forwarded-Proto")}
                body = json.dumps({"server": server.name, **told}).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
