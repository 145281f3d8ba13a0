"""Results of small units of work (a document, a request, a prompt), kept as soon as they are there.

SQLite in WAL mode: every `put` is durable before it returns, so a killed run repeats only what was in flight.
"""

from __future__ import annotations

import asyncio
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
        self._db, self._lock = _connect(path), threading.Lock()
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS items (kind TEXT, key TEXT, value TEXT, created REAL, PRIMARY KEY (kind, key))"
        )
        self._reader, self._reader_lock = _connect(path), threading.Lock()  # does not wait for the disk as writers do
        self._waiting: list[tuple[Sequence[Item], asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    def get(self, kind: str, key: str) -> Any | None:
        """The stored value, or None."""
        with self._reader_lock:
            row = self._reader.execute("SELECT value FROM items WHERE kind=? AND key=?", (kind, key)).fetchone()
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

    async def put_together(self, items: Sequence[Item]) -> None:
        """As `put_all`, for many tasks at a time: none holds up the event loop while the disk is slow, and what they
        store meanwhile shares the next transaction, in the order of their calls. The values must not change any more.
        """
        loop = asyncio.get_running_loop()
        stored: asyncio.Future[None] = loop.create_future()
        self._waiting.append((items, stored))
        if self._writing is None or self._writing.done():
            self._writing = loop.create_task(self._write_waiting())
        await stored

    async def _write_waiting(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            try:
                await asyncio.to_thread(self.put_all, _flat(group))
            except asyncio.CancelledError:  # the loop ends: what was paid for is kept all the same
                self.put_all(_flat([*group, *self._waiting]))
                self._waiting = []
                raise
            except Exception as error:
                for _, stored in group:
                    if not stored.done():
                        stored.set_exception(error)
            else:
                for _, stored in group:
                    if not stored.done():
                        stored.set_result(None)

    def count(self, kind: str) -> int:
        with self._reader_lock:
            return int(self._reader.execute("SELECT count(*) FROM items WHERE kind=?", (kind,)).fetchone()[0])

    def close(self) -> None:
        self._db.close()
        self._reader.close()


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=60, check_same_thread=False, isolation_level=None)


def _flat(group: Sequence[tuple[Sequence[Item], asyncio.Future[None]]]) -> list[Item]:
    return [item for items, _ in group for item in items]
