"""What was paid for is kept, whoever paid."""

from __future__ import annotations

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
