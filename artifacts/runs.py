"""What a run did, kept in the store: the truth about runs, also when Prefect's database is lost."""

from __future__ import annotations

import fcntl
import logging
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from artifacts.progress import Progress
from artifacts.stage import Outcome
from artifacts.store import Ref, Store, StoreError, write_atomically

log = logging.getLogger("graft")


class StageRun(BaseModel):
    stage: str
    state: Literal["made", "reused", "failed"]
    ref: Ref | None = None
    why: tuple[str, ...] = ()
    seconds: float = 0.0
    error: str = ""


class RunRecord(BaseModel):
    id: str
    name: str
    started: str
    ended: str = ""
    state: Literal["running", "done", "failed", "interrupted"] = "running"
    flow_run: str = ""
    git: str = ""
    config: dict[str, Any] = {}
    stages: list[StageRun] = []

    def ref(self, stage: str) -> Ref | None:
        return next((entry.ref for entry in self.stages if entry.stage == stage), None)


class Run:
    """A run under way: where its artifacts go, what is to be made again, and its record, written after each stage."""

    def __init__(
        self,
        store: Store,
        *,
        name: str = "",
        config: dict[str, Any] | None = None,
        force: frozenset[str] = frozenset(),
        progress: Progress | None = None,
        flow_run: str = "",
    ) -> None:
        now = datetime.now(UTC)
        self.store, self.force, self.progress = store, force, progress or Progress()
        self.record = RunRecord(
            id=f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}",
            name=name,
            started=now.isoformat(timespec="milliseconds"),
            flow_run=flow_run,
            git=self.git,
            config=config or {},
        )
        # Held as long as this process lives: a run is under way, so nothing may be collected; and this one is.
        self._locks = [store.lock_file("runs"), store.lock_file(f"run-{self.record.id}")]
        for file in self._locks:
            fcntl.flock(file, fcntl.LOCK_SH)
        self._save()

    @cached_property
    def git(self) -> str:
        """The commit of the code that runs, with "+" when files were changed since; empty outside a checkout."""
        here = Path(__file__).parent
        try:
            head, dirty = (
                subprocess.run(["git", *words], check=True, cwd=here, capture_output=True, text=True).stdout.strip()
                for words in (["rev-parse", "--short=12", "HEAD"], ["status", "--porcelain"])
            )
        except (FileNotFoundError, subprocess.CalledProcessError):
            return ""
        return head + ("+" if dirty else "")

    @property
    def folder(self) -> Path:
        """Where the run's report and model card go."""
        return self.store.root / "runs" / self.record.id

    def done(self, stage: str, outcome: Outcome) -> None:
        state: Literal["made", "reused"] = "reused" if outcome.reused else "made"
        entry = StageRun(stage=stage, state=state, ref=outcome.ref, why=outcome.why, seconds=round(outcome.seconds, 3))
        self.record.stages.append(entry)
        self._save()

    def failed(self, stage: str, error: str, seconds: float) -> None:
        """Record an error; one that is found in what a stage made, such as a bad score, leaves the artifact named."""
        entry = StageRun(
            stage=stage, state="failed", error=error, seconds=round(seconds, 3), ref=self.record.ref(stage)
        )
        self.record.stages = [done for done in self.record.stages if done.stage != stage] + [entry]
        self._save()

    def end(self, state: Literal["done", "failed", "interrupted"]) -> None:
        self.record.state, self.record.ended = state, datetime.now(UTC).isoformat(timespec="milliseconds")
        self._save()
        for file in self._locks:
            file.close()
        (self.store.root / "locks" / f"run-{self.record.id}.lock").unlink(missing_ok=True)

    def _save(self) -> None:
        path = self.store.root / "runs" / f"{self.record.id}.json"
        write_atomically(path, self.record.model_dump_json(indent=1))


def read_run(store: Store, run: str) -> RunRecord:
    """The record of one run, by its id."""
    try:
        return RunRecord.model_validate_json((store.root / "runs" / f"{run}.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StoreError(f"{store.root}: no run is called {run!r}; see `graft status`") from None
    except ValueError:
        raise StoreError(f"{store.root}: the record of run {run!r} cannot be read; remove it") from None


def runs(store: Store) -> list[RunRecord]:
    """All runs that the store knows of, the newest first; one whose process died is `interrupted`."""
    records = []
    for path in sorted((store.root / "runs").glob("*.json")):
        try:
            records.append(RunRecord.model_validate_json(path.read_text(encoding="utf-8")))
        except ValueError:
            log.warning("%s: cannot be read, and is passed over; remove it", path)
    records.sort(key=lambda record: record.started, reverse=True)
    for record in records:
        if record.state == "running" and not _alive(store, record.id):
            record.state = "interrupted"
    return records


def _alive(store: Store, run: str) -> bool:
    """Whether a process still holds the run's lock."""
    if not (store.root / "locks" / f"run-{run}.lock").exists():
        return False
    with store.lock_file(f"run-{run}") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextmanager
def no_run(store: Store) -> Iterator[bool]:
    """Keep new runs waiting; yields False where one is under way already."""
    with store.lock_file("runs") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
