"""The barest server for a herd: keeps rows durably and gives them back; SQLite or PostgreSQL, one thread."""

import json
import sqlite3
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import psycopg

PAGE = 1_000
Rows = list[list[Any]]
Keep = Callable[[str, Rows], None]
Read = Callable[[str, int], list[Any]]
_INDEX = "CREATE INDEX IF NOT EXISTS bare_feed ON bare(scope, n)"


class Handler(BaseHTTPRequestHandler):
    """GET /SCOPE/N: the rows of a scope after N; POST /SCOPE: insert rows in one durable transaction."""

    wbufsize = -1
    disable_nagle_algorithm = True
    keep: Keep
    read: Read

    def do_GET(self) -> None:
        """A page."""
        _, scope, last = self.path.split("/")
        rows = type(self).read(scope, int(last))
        self._answer(json.dumps(rows, ensure_ascii=False).encode())

    def do_POST(self) -> None:
        """Rows to keep."""
        rows = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).keep(self.path[1:], rows)
        self._answer(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a terminal line a request would be part of the figure."""

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


class Herd(HTTPServer):
    """One request after another, however many come at once."""

    request_queue_size = 1_024


def on_sqlite(path: str) -> tuple[Keep, Read]:
    """Rows in a SQLite file."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute(
        "CREATE TABLE IF NOT EXISTS bare(n INTEGER PRIMARY KEY, scope TEXT, id TEXT UNIQUE, body TEXT)"
    )
    db.execute(_INDEX)

    def keep(scope: str, rows: Rows) -> None:
        db.execute("BEGIN IMMEDIATE")
        db.executemany("INSERT INTO bare(scope,id,body) VALUES (?,?,?)", [(scope, *row) for row in rows])
        db.execute("COMMIT")

    query = "SELECT n, id, body FROM bare WHERE scope=? AND n>? ORDER BY n LIMIT ?"
    return keep, lambda scope, last: db.execute(query, (scope, last, PAGE)).fetchall()


def on_postgresql(address: str) -> tuple[Keep, Read]:
    """Rows in a PostgreSQL table."""
    db = psycopg.connect(address.replace("+psycopg", ""))
    db.execute(
        "CREATE TABLE IF NOT EXISTS bare(n BIGSERIAL PRIMARY KEY, scope TEXT, id TEXT UNIQUE, body TEXT)"
    )
    db.execute(_INDEX)
    db.commit()

    def keep(scope: str, rows: Rows) -> None:
        with db.cursor() as cursor:
            insert = "INSERT INTO bare(scope,id,body) VALUES (%s,%s,%s)"
            cursor.executemany(insert, [(scope, *row) for row in rows])
        db.commit()

    def read(scope: str, last: int) -> list[Any]:
        query = "SELECT n, id, body FROM bare WHERE scope=%s AND n>%s ORDER BY n LIMIT %s"
        rows = db.execute(query, (scope, last, PAGE)).fetchall()
        db.commit()
        return rows

    return keep, read


def main() -> None:
    """Serve a database on a free loopback port, which the first line on standard output tells."""
    database = sys.argv[1]
    lite = database.startswith("sqlite:///")
    keep, read = on_sqlite(database.removeprefix("sqlite:///")) if lite else on_postgresql(database)
    Handler.keep, Handler.read = staticmethod(keep), staticmethod(read)
    server = Herd(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
