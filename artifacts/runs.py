"""What a run did, kept in the store: the truth about runs, also when Prefect's database is lost."""

from __future__ import annotations

import secrets
import subprocess
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from artifacts.progress import Progress
from artifacts.stage import Outcome
from artifacts.store import Ref, Store, write_atomically


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
    state: Literal["running", "done", "failed"] = "running"
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
            started=now.isoformat(timespec="seconds"),
            flow_run=flow_run,
            git=self.git,
            config=config or {},
        )
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
        self.record.stages.append(StageRun(stage=stage, state="failed", error=error, seconds=round(seconds, 3)))
        self._save()

    def end(self, state: Literal["done", "failed"]) -> None:
        self.record.state, self.record.ended = state, datetime.now(UTC).isoformat(timespec="seconds")
        self._save()

    def _save(self) -> None:
        path = self.store.root / "runs" / f"{self.record.id}.json"
        write_atomically(path, self.record.model_dump_json(indent=1))
