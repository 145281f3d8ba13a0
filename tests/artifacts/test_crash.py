"""Killed processes and processes that want the same thing, with real kills."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from artifacts.store import Store
from tests.artifacts.toy import ReadConfig, run_read

PREAMBLE = """
import os, signal, sys, time
from pathlib import Path
import artifacts.store
from artifacts.progress import Progress
from artifacts.stage import produce
from artifacts.store import Store
from tests.artifacts.toy import ReadConfig, read

store, config = Store(Path(sys.argv[1])), ReadConfig(source=Path(sys.argv[2]))

def make():
    return produce(store, config, {}, work, progress=Progress(terminal=False))

def die():
    os.kill(os.getpid(), signal.SIGKILL)
"""

KILLED = {
    "making": """
def work(w):
    w.memo.put("paid", "request", {"reply": "kept"})
    w.write("lines.jsonl", [{"id": "half"}])
    die()
make()
""",
    "publishing, before the manifest": """
work = read
artifacts.store.write_atomically = lambda *_: die()
make()
""",
    "publishing, before the folder is moved": """
work = read
Path.rename = lambda *_: die()
make()
""",
}


def python(code: str, store: Store, source: Path) -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    arguments = [sys.executable, "-c", PREAMBLE + code, str(store.root), str(source)]
    return subprocess.Popen(arguments, cwd=root, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("moment", KILLED)
def test_a_kill_leaves_nothing_half_done(store: Store, source: Path, moment: str) -> None:
    process = python(KILLED[moment], store, source)
    process.wait(60)
    assert process.returncode == -signal.SIGKILL
    assert list(store.folders()) == []
    if moment == "making":
        assert store.memo.get("paid", "request") == {"reply": "kept"}
    again = run_read(store, ReadConfig(source=source))
    assert again.reused == (moment == "publishing, before the folder is moved"), "what was whole is put in place"
    assert [damage for _, damage in store.verify()] == [None]
    assert run_read(store, ReadConfig(source=source)).reused


def test_a_kill_while_an_artifact_is_replaced_loses_nothing(store: Store, source: Path) -> None:
    run_read(store, ReadConfig(source=source))
    code = """
work, moves, rename = read, [], Path.rename
def once(self, target):
    if moves:
        die()
    moves.append(rename(self, target))
Path.rename = once
produce(store, config, {}, work, progress=Progress(terminal=False), force=True)
"""
    process = python(code, store, source)
    process.wait(60)
    assert process.returncode == -signal.SIGKILL
    assert list(store.folders()) == []
    assert run_read(store, ReadConfig(source=source)).reused
    assert [damage for _, damage in store.verify()] == [None]


def test_of_two_processes_one_does_the_work(store: Store, source: Path) -> None:
    code = """
def work(w):
    (w.scratch / "started").touch()
    while not (store.root / "go").exists():
        time.sleep(0.01)
    read(w)
outcome = make()
print(outcome.reused, *outcome.why)
"""
    first = python(code, store, source)
    wait_for(lambda: list(store.root.glob("work/*/scratch/started")), first)
    second = python(code, store, source)
    time.sleep(
        1
    )  # long enough for the second to stand at the lock; were it not to wait, it would make a second artifact
    (store.root / "go").touch()
    told = sorted(process.communicate(timeout=60)[0].strip() for process in (first, second))
    assert told[0] == "False never made before"
    assert told[1] in ("True made by another run meanwhile", "True")


def test_a_killed_holder_gives_the_lock_back(store: Store, source: Path) -> None:
    code = """
def work(w):
    (w.scratch / "started").touch()
    time.sleep(600)
make()
"""
    holder = python(code, store, source)
    wait_for(lambda: list(store.root.glob("work/*/scratch/started")), holder)
    os.kill(holder.pid, signal.SIGKILL)
    assert not run_read(store, ReadConfig(source=source)).reused
    holder.wait(60)


def wait_for(condition: object, process: subprocess.Popen[str]) -> None:
    assert callable(condition)
    while not condition():
        assert process.poll() is None, "the process ended before it got there"
        time.sleep(0.02)
