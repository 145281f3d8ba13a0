"""Results of small units of work (a document, a request, a prompt), kept as soon as they are there.

SQLite in WAL mode: every `put` is durable before it returns, so a killed run repeats only what was in flight.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple


class Item(NamedTuple):
    """A JSON value and what it is found by."""

    kind: str
    key: str
    value: Any


class Memo:
    """A map (kind, key) -> JSON value that outlives the process; safe to share between threads and processes."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, timeout=60, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS items (kind TEXT, key TEXT, value TEXT, created REAL, PRIMARY KEY (kind, key))"
        )

    def get(self, kind: str, key: str) -> Any | None:
        """The stored value, or None."""
        with self._lock:
            row = self._db.execute("SELECT value FROM items WHERE kind=? AND key=?", (kind, key)).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, kind: str, key: str, value: Any) -> None:
        """Store a value; the last one written under a key wins."""
        self.put_all([Item(kind, key, value)])

    def put_all(self, items: Sequence[Item]) -> None:
        """Store several values in one transaction: after a crash all of them are there, or none."""
        # ASCII: what came from outside may hold what is no character, and must not be lost
        rows = [(item.kind, item.key, json.dumps(item.value), time.time()) for item in items]
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            with self._db:  # commits, or rolls back
                self._db.executemany("INSERT OR REPLACE INTO items VALUES (?,?,?,?)", rows)

    def count(self, kind: str) -> int:
        with self._lock:
            return int(self._db.execute("SELECT count(*) FROM items WHERE kind=?", (kind,)).fetchone()[0])

    def close(self) -> None:
        self._db.close()
