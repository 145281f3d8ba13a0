"""A tool's process and all that it starts: its memory, its end, and its end by force."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

POLL = 0.005  # seconds between two looks
WEIGH = 0.1  # seconds between two looks at the memory


@dataclass(frozen=True)
class Ended:
    status: int | None  # None: killed, because it took too long or because that was asked for
    timed_out: bool
    seconds: float
    megabytes: float = 0.0  # the most that was resident in all of its processes at a time, where it was weighed


def run(
    command: Sequence[str],
    folder: Path,
    *,
    timeout: float,
    environment: dict[str, str] | None = None,
    kill_when: Callable[[], bool] = lambda: False,
    weigh: bool = False,
) -> Ended:
    """Run a command in a folder, what it prints in log.txt there; `kill -9` to all of it when `kill_when` says so.

    Its memory is looked at only where it is to be weighed, since looking costs processor time.
    """
    started = weighed = time.perf_counter()
    most = 0.0
    with (folder / "log.txt").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL, stdout=log,
            stderr=log, start_new_session=True,
        )  # fmt: skip
        while process.poll() is None:
            now = time.perf_counter()
            if weigh and now - weighed >= WEIGH:
                most, weighed = max(most, _resident(tree(process.pid))), now
            if (late := now - started > timeout) or kill_when():
                kill(process)
                return Ended(None, late, time.perf_counter() - started, most)
            time.sleep(POLL)
    return Ended(process.returncode, False, time.perf_counter() - started, most)


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to a process and all its descendants, also those in sessions of their own."""
    for pid in tree(process.pid):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait()


def tree(root: int) -> list[int]:
    """A process and its descendants."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            after_name = (folder / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(int(after_name[1]), []).append(int(folder.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def _resident(pids: Sequence[int]) -> float:
    """Megabytes in memory; what processes share is counted for each."""
    pages = 0
    for pid in pids:
        try:
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
