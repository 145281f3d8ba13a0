"""Processes that read documents beside one another; a document that hangs or crashes its process costs only itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import Any

from tasks.models.config import EMBEDDED
from tasks.models.tokens import tokenizer_file
from tasks.parse.config import ParseConfig
from tasks.parse.find import Found

MOST_DOCUMENTS = 200  # that one process reads: libraries keep some memory of each
ROOT = Path(__file__).parents[2]  # where the child's `tasks` lies, wherever the parent runs


def read_all(files: Sequence[Found], config: ParseConfig, workers: int) -> Iterator[tuple[str, Any]]:
    """What `tasks.parse.child` answers about each file, by its SHA-256, as soon as it is there.

    Of a document that ended its process the answer is a failure with `died` set: it depends on the machine, so it is
    told apart.
    """
    sizes = {"tokenizer": str(tokenizer_file(config.tokenizer or EMBEDDED)), **config.cutting()}
    children = [_Child(config.seconds) for _ in range(min(workers, len(files)))]
    idle: SimpleQueue[_Child] = SimpleQueue()
    for child in children:
        idle.put(child)

    def ask(file: Found) -> Any:
        child = idle.get()
        try:
            options = config.options(file.name)
            return child.ask({"path": str(file.path), "sha256": file.sha256, "options": options, **sizes})
        finally:
            idle.put(child)

    threads = ThreadPoolExecutor(len(children) or 1)
    try:
        futures = {threads.submit(ask, file): file.sha256 for file in files}
        for future in as_completed(futures):
            yield futures.pop(future), future.result()  # not kept: all documents together may be large
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        for child in children:
            child.end()
        threads.shutdown()


class _Child:
    """One process, started when it is first asked and again after a document ended it, or after many documents."""

    def __init__(self, seconds: int) -> None:
        self.seconds, self.asked = seconds, 0
        self.folder: TemporaryDirectory[str] | None = None  # for what readers unpack and convert
        self.process: subprocess.Popen[str] | None = None

    def ask(self, request: dict[str, Any]) -> Any:
        self.asked += 1
        if self.asked % MOST_DOCUMENTS == 0:
            self.end()
        process = self.process = self.process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
        if answer := process.stdout.readline():
            return json.loads(answer)
        self.end()
        return {**self._why(process.returncode), "passing": True, "died": True}

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tasks.parse.child", str(self.seconds)]
        pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
        self.folder = TemporaryDirectory(prefix="graft-")
        return subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=pipe,
            stdout=pipe,
            stderr=quiet,
            encoding="utf-8",
            start_new_session=True,
            env={**os.environ, "TMPDIR": self.folder.name},
        )

    def _why(self, code: int) -> dict[str, str]:
        if code == -signal.SIGALRM:
            detail = f"took longer than {self.seconds} s; split the document, or raise parse.seconds"
            return {"reason": "timeout", "detail": detail}
        name = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        detail = f"a library that reads it crashed ({name}); save the document in another format"
        return {"reason": "crashed", "detail": detail}

    def end(self) -> None:
        """Kill the process and what it started (pandoc, LibreOffice), and remove what they left; one that has ended
        keeps its own status."""
        if self.process is not None:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=0.1)
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.communicate()
            self.process = None
        if self.folder is not None:
            self.folder.cleanup()
            self.folder = None
