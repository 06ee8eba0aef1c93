"""The barest server that stores rows durably and gives them back in pages: the floor of the centre."""

import json
import sqlite3
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

import zstandard

PAGE = 10_000


class Handler(BaseHTTPRequestHandler):
    """GET /from/N: the rows after N, zstd; POST: insert rows in one durable transaction."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    database: sqlite3.Connection

    def do_GET(self) -> None:
        """A page."""
        last = int(self.path.rsplit("/", 1)[1])
        rows = self.database.execute(
            "SELECT n, id, body FROM entity WHERE n>? ORDER BY n LIMIT ?", (last, PAGE)
        ).fetchall()
        self._answer(
            zstandard.ZstdCompressor(level=3).compress(json.dumps(rows, ensure_ascii=False).encode())
        )

    def do_POST(self) -> None:
        """Rows to keep."""
        rows = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.database:
            self.database.executemany("INSERT INTO entity(id,body) VALUES (?,?)", rows)
        self._answer(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a terminal line a request would be part of the figure."""

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


def main() -> None:
    """Serve a database file on a free loopback port, which the first line on standard output tells."""
    Handler.database = sqlite3.connect(sys.argv[1])
    Handler.database.execute("PRAGMA synchronous=FULL")
    server = HTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
