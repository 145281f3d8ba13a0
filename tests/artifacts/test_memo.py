"""What was paid for is kept, whoever paid."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from artifacts.memo import Item, Memo

WRITER = """
import os, signal, sys
from pathlib import Path
import pytest

from artifacts.memo import Item, Memo
memo = Memo(Path(sys.argv[1]))
for index in range(50):
    memo.put("reply", f"{sys.argv[2]}-{index}", {"text": "答案", "index": index})
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_processes_write_at_once_and_a_kill_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "memo.sqlite"
    root = Path(__file__).parents[2]
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), name], cwd=root) for name in "abcd"]
    assert [writer.wait(120) for writer in writers] == [-9] * 4
    memo = Memo(path)
    assert memo.count("reply") == 200
    assert memo.get("reply", "c-49") == {"text": "答案", "index": 49}
    assert memo.get("other", "c-49") is None


def test_threads_share_one_memo(tmp_path: Path) -> None:
    memo = Memo(tmp_path / "memo.sqlite")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda index: memo.put("kind", str(index % 10), index), range(200)))
    assert memo.count("kind") == 10


def test_the_last_value_wins(tmp_path: Path) -> None:
    memo = Memo(tmp_path / "memo.sqlite")
    memo.put("kind", "key", 1)
    memo.put("kind", "key", [2])
    assert memo.get("kind", "key") == [2]


def test_what_is_no_character_is_kept_as_it_came(tmp_path: Path) -> None:
    memo = Memo(tmp_path / "memo.sqlite")
    memo.put("kind", "key", "水箱\ud83d")
    assert memo.get("kind", "key") == "水箱\ud83d"


def test_several_values_are_there_together_or_not_at_all(tmp_path: Path) -> None:
    memo = Memo(tmp_path / "memo.sqlite")
    memo.put_all([Item("reply", "a", "答案"), Item("ledger", "b", {"spent": 1})])
    with pytest.raises(sqlite3.Error):
        memo.put_all([Item("reply", "a", "other"), Item("ledger", ["no key"], 2)])  # type: ignore[arg-type]
    assert (memo.get("reply", "a"), memo.get("ledger", "b")) == ("答案", {"spent": 1})
    memo.put("reply", "a", "and on")
    assert memo.get("reply", "a") == "and on"


def test_tasks_share_transactions_and_the_last_of_them_wins(tmp_path: Path) -> None:
    memo = Memo(tmp_path / "memo.sqlite")

    async def store(number: int) -> None:
        await memo.put_together([Item("reply", str(number), "答案"), Item("ledger", "spent", number)])
        assert Memo(tmp_path / "memo.sqlite").get("reply", str(number)) == "答案"

    async def run() -> None:
        await asyncio.gather(*map(store, range(50)))

    for _ in range(2):  # in one event loop and another
        asyncio.run(run())
    assert (memo.count("reply"), memo.get("ledger", "spent")) == (50, 49)


def test_what_tasks_store_outlives_them(tmp_path: Path) -> None:
    memo = Memo(tmp_path / "memo.sqlite")

    async def run() -> None:
        tasks = [asyncio.create_task(memo.put_together([Item("reply", str(number), 1)])) for number in range(20)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()

    asyncio.run(run())
    assert memo.count("reply") == 20


def test_a_value_that_cannot_be_stored_is_told_to_who_stores_it(tmp_path: Path) -> None:
    memo = Memo(tmp_path / "memo.sqlite")
    with pytest.raises(TypeError):
        asyncio.run(memo.put_together([Item("reply", "a", object())]))
    asyncio.run(memo.put_together([Item("reply", "a", 1)]))
    assert memo.get("reply", "a") == 1
