"""Processes that read documents beside one another; a document that hangs or crashes its process costs only itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any

ROOT = Path(__file__).parents[2]  # where the child's `tasks` lies, wherever the parent runs


def read_all(paths: Mapping[str, Path], dials: dict[str, Any], workers: int, seconds: int) -> Iterator[tuple[str, Any]]:
    """What `tasks.parse.child` says of each document, by its SHA-256, as soon as it is there.

    A document that ended its process is {"died": [reason, detail]}; that depends on the machine, so it is told apart.
    """
    children = [_Child(seconds) for _ in range(min(workers, len(paths)))]
    idle: SimpleQueue[_Child] = SimpleQueue()
    for child in children:
        idle.put(child)

    def ask(content: str, path: Path) -> Any:
        child = idle.get()
        try:
            return child.ask({"path": str(path), "sha256": content, **dials})
        finally:
            idle.put(child)

    threads = ThreadPoolExecutor(len(children) or 1)
    try:
        futures = {threads.submit(ask, content, path): content for content, path in paths.items()}
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        for child in children:
            child.end()
        threads.shutdown()


class _Child:
    """One process, started when it is first asked and again after a document ended it."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        self.process: subprocess.Popen[str] | None = None

    def ask(self, request: dict[str, Any]) -> Any:
        process = self.process = self.process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
        if answer := process.stdout.readline():
            return json.loads(answer)
        self.end()
        return {"died": self._why(process.returncode)}

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tasks.parse.child", str(self.seconds)]
        pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
        return subprocess.Popen(
            command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=quiet, encoding="utf-8", start_new_session=True
        )

    def _why(self, code: int) -> tuple[str, str]:
        if code == -signal.SIGALRM:
            return "timeout", f"took longer than {self.seconds} s; split the document, or raise parse.seconds"
        name = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        return "crashed", f"a library that reads it crashed ({name}); save the document in another format"

    def end(self) -> None:
        """Kill the process and what it started (pandoc); one that has ended keeps its own status."""
        if self.process is not None:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=0.1)
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.communicate()
            self.process = None
