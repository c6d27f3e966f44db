"""A forward proxy on a port of loopback: takes CONNECT alone, and leads every name to one server of the test."""

from __future__ import annotations

import base64
import socket
from contextlib import suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread


class ForwardProxy:
    """Leads to `port`, whatever name is asked for. `credentials` are a name and a password, as `cic:mot`, that it wants (Basic).

    `answer`, when set, is said to every CONNECT instead; empty, it hangs up.
    """

    def __init__(self, port: int = 0, credentials: str = "") -> None:
        self.asked: list[str] = []
        """What was asked for, as `plateforme.example:443`."""
        self.answer: bytes | None = None
        self._behind = port
        self._wanted = f"Basic {base64.b64encode(credentials.encode()).decode()}" if credentials else ""
        proxy = self

        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                request = self.rfile.readline().decode("latin-1").split()
                lines = [line.decode("latin-1").strip() for line in iter(self.rfile.readline, b"\r\n") if line]
                proxy.asked.append(request[1])
                told = dict(line.split(": ", 1) for line in lines)
                proxy._serve(self.connection, request[0], told.get("Proxy-Authorization", ""))

        self._server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, client: socket.socket, method: str, authorization: str) -> None:
        if self.answer is not None:
            client.sendall(self.answer)
        elif method != "CONNECT":
            client.sendall(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
        elif authorization != self._wanted:
            client.sendall(
                b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'
            )
        else:
            with socket.create_connection(("127.0.0.1", self._behind), timeout=10) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = Thread(target=_carry, args=(server, client), daemon=True)
                back.start()
                _carry(client, server)
                back.join(10)


def _carry(source: socket.socket, target: socket.socket) -> None:
    """Hand over until there is no more, and say so."""
    with suppress(OSError):
        while piece := source.recv(1 << 16):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
