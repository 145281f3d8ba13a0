"""How a stage becomes an artifact: its key, the reuse of what is there, and the work when nothing is.

A stage is a config class (what it reads, its VERSION, its dials) and a function that fills `Work.out`.
The key holds the *output* digests of the inputs, so work stops early where an input was made anew and came out
the same.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Generic, TextIO, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from artifacts.memo import Memo
from artifacts.progress import Progress
from artifacts.records import R, Record, Reject, digest, encodable, read_jsonl, write_jsonl
from artifacts.store import ABOUT, PAGE, Manifest, Ref, Spent, Store

REASONS = 8  # told why an artifact is made; a folder of new documents would fill every page
LIBRARIES = ("torch", "transformers", "peft", "trl", "datasets", "py-data-juicer", "pymupdf", "unstructured", "openai")


class StageError(Exception):
    """A stage can't do its work; the text says where, what and what to do. Shown without a traceback."""


class SettingError(StageError):
    """The configuration names what is not there or can't be used; told before any work is done."""


class Dials(BaseModel):
    """A section of the configuration, or a part of one."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _no_switch_for_a_number(cls, values: Any) -> Any:
        """Pydantic takes `yes` for 1; where a number is wanted it goes on as a word, which is refused in its place."""
        if not isinstance(values, dict):
            return values
        numbers = {
            name
            for name, info in cls.model_fields.items()
            if {info.annotation, *get_args(info.annotation)} & {int, float}
        }
        return {
            name: str(value).lower() if isinstance(value, bool) and name in numbers else value
            for name, value in values.items()
        }


def unkeyed(default: Any, **kwargs: Any) -> Any:
    """A field that can't change what comes out (workers, time-outs), and so is not in the artifact's key."""
    return Field(default, json_schema_extra={"unkeyed": True}, **kwargs)


def keyed_values(dials: BaseModel) -> dict[str, Any]:
    """The values that are in the key, as JSON, nested dials included."""
    values: dict[str, Any] = {}
    for name, info in type(dials).model_fields.items():
        if isinstance(info.json_schema_extra, dict) and info.json_schema_extra.get("unkeyed"):
            continue
        value = getattr(dials, name)
        values[name] = keyed_values(value) if isinstance(value, BaseModel) else _json(dials, name)
    return values


def _json(dials: BaseModel, name: str) -> Any:
    return dials.model_dump(mode="json", include={name})[name]


class StageConfig(Dials):
    """The dials of a stage. `stage` names it everywhere; `version` is raised when its output would change."""

    stage: ClassVar[str]
    version: ClassVar[int]
    reads: ClassVar[tuple[str, ...]] = ()
    beside: ClassVar[tuple[str, ...]] = ()  # stages whose artifacts it checks itself against; not in the key

    def outside(self) -> dict[str, str]:
        """Digests, by name, of what the stage reads that is not in the store: documents, prompts, weights."""
        return {}


@dataclass(frozen=True)
class Plan:
    """What an artifact is made from; two plans with one key make the same thing."""

    stage: str
    version: int
    config: dict[str, Any]
    outside: dict[str, str]
    inputs: dict[str, Ref]

    @property
    def key(self) -> str:
        inputs = {name: ref.digest for name, ref in self.inputs.items()}
        return digest([self.stage, self.version, self.config, self.outside, inputs])

    def changes(self, last: Manifest) -> list[str]:
        """Why this is not what `last` was: each input, dial, file or version that differs, in words."""
        why = (
            []
            if self.version == last.version
            else [f"{self.stage}'s code is version {self.version}, was {last.version}"]
        )
        for name, ref in self.inputs.items():
            if (old_ref := last.inputs.get(name)) is None or old_ref.digest != ref.digest:
                why.append(f"{name} came out different")
        why += _changed_values(last.config, self.config, self.stage)
        files = sorted(self.outside.keys() | last.outside.keys())
        for name in files:
            old, new = last.outside.get(name), self.outside.get(name)
            if old != new:
                why.append(f"{name} is {'new' if old is None else 'gone' if new is None else 'changed'}")
        return why


def _changed_values(old: Any, new: Any, path: str) -> list[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        names = sorted(old.keys() | new.keys())
        return [why for name in names for why in _changed_values(old.get(name), new.get(name), f"{path}.{name}")]
    return (
        []
        if old == new
        else [f"{path}: {json.dumps(old, ensure_ascii=False)} -> {json.dumps(new, ensure_ascii=False)}"]
    )


def plan_for(config: StageConfig, inputs: Mapping[str, Ref]) -> Plan:
    return Plan(config.stage, config.version, keyed_values(config), config.outside(), dict(inputs))


C = TypeVar("C", bound=StageConfig)


@dataclass
class Work(Generic[C]):
    """What a stage's function is given: where to read, where to write, and what to account for."""

    config: C
    out: Path  # becomes the artifact
    scratch: Path  # survives a crash, is not part of the artifact (checkpoints)
    inputs: dict[str, Path]  # folder of each input artifact
    manifests: dict[str, Manifest]  # manifest of each input artifact
    memo: Memo
    progress: Progress
    key: str = ""  # of the artifact that is made
    force: bool = False  # asked for by --force: what was made before is not to be trusted
    beside: dict[str, Path] = field(default_factory=dict)  # folders of artifacts to check against, not to make from
    counts: Counter[str] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    spent: Spent = field(default_factory=Spent)
    _left_out: TextIO | None = None

    def read(self, stage: str, name: str, kind: type[R]) -> Iterator[R]:
        """Rows of the file of an input artifact, or of one that lies beside."""
        return read_jsonl((self.beside | self.inputs)[stage] / name, kind)

    def write(self, name: str, rows: Iterable[Record | dict[str, Any]]) -> int:
        """Write a JSONL file of the artifact; returns the number of rows."""
        return write_jsonl(self.out / name, rows)

    def write_page(self, markdown: str) -> None:
        """Give the stage's page what the stage itself has to show, in place of a few rows."""
        (self.out / ABOUT).mkdir(exist_ok=True)
        (self.out / ABOUT / PAGE).write_text(markdown, encoding="utf-8")

    def reject(self, reason: str, record: Record | dict[str, Any], detail: str = "") -> None:
        """Record what is left out in about/rejects.jsonl."""
        data = record.model_dump(mode="json") if isinstance(record, Record) else record
        row = Reject(stage=self.config.stage, reason=reason, detail=encodable(detail), record=encodable(data))
        self._rejects_file().write(row.model_dump_json() + "\n")
        self.rejects[reason] += 1

    def left_out(self) -> Iterator[dict[str, Any]]:
        """The rejects so far, as JSON."""
        file = self._rejects_file()
        file.flush()
        with Path(file.name).open(encoding="utf-8") as rows:
            yield from map(json.loads, rows)

    def finish(self) -> None:
        self._rejects_file().close()

    def _rejects_file(self) -> TextIO:
        """Written as it grows, since there may be as many rejects as rows; an artifact always has it."""
        if self._left_out is None:
            path = self.out / ABOUT / "rejects.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            self._left_out = path.open("w", encoding="utf-8")
        return self._left_out


@dataclass(frozen=True)
class Outcome:
    ref: Ref
    reused: bool
    why: tuple[str, ...]  # why it was made, or how it was reused
    seconds: float


def produce(
    store: Store,
    config: C,
    inputs: Mapping[str, Ref],
    make: Callable[[Work[C]], None],
    *,
    beside: Mapping[str, Ref] = MappingProxyType({}),
    progress: Progress,
    force: bool = False,
    run: str = "",
    flow_run: str = "",
    git: str = "",
) -> Outcome:
    """Reuse the artifact of this plan, or make it by `make` and publish it whole.

    Two runs that want the same artifact do not both make it: the second waits for the first and reuses its work.
    A `make` that raises leaves nothing behind but its scratch folder and what it put into the memo. What lies `beside`
    is for checks that may stop the work and can't change what comes out: it is noted, and not in the key.
    """
    started = time.monotonic()
    plan = plan_for(config, inputs)
    with store.lock(plan.stage, plan.key) as waited:
        store.recover(plan.stage, plan.key)
        damage = store.damage(plan.stage, plan.key)
        if damage is None and (not force or waited):
            ref = store.find(plan.stage, plan.key)
            assert ref is not None
            store.set_latest(ref)
            return Outcome(ref, True, ("made by another run meanwhile",) if waited else (), time.monotonic() - started)
        why = reasons(store, plan, damage, force=force)
        folder = store.workplace(plan.stage, plan.key)
        work = Work(
            config=config,
            out=folder / "out",
            scratch=folder / "scratch",
            inputs={name: store.path(ref) for name, ref in inputs.items()},
            manifests={name: store.manifest(ref) for name, ref in inputs.items()},
            memo=store.memo,
            progress=progress,
            key=plan.key,
            force=force,
            beside={name: store.path(ref) for name, ref in beside.items()},
        )
        make(work)
        work.finish()
        _still(plan, config.outside())
        seconds = time.monotonic() - started
        ref = store.publish(folder, _manifest(plan, work, seconds, beside, run=run, flow_run=flow_run, git=git))
        store.set_latest(ref)
        return Outcome(ref, False, why, seconds)


def _still(plan: Plan, outside: Mapping[str, str]) -> None:
    """What was made must be what its key says: made of these files, and not of what they became meanwhile."""
    changed = sorted(name for name, _ in plan.outside.items() ^ outside.items())
    if changed:
        named = ", ".join(dict.fromkeys(changed))
        raise StageError(f"{plan.stage}: changed while they were read: {named[:300]}; run again")


def reasons(store: Store, plan: Plan, damage: str | None, *, force: bool) -> tuple[str, ...]:
    """Why an artifact has to be made, in words; `damage` is what the store says of it."""
    if force:
        return ("asked for by --force",)
    if damage is not None and damage != "absent":
        return (damage,)
    last = store.latest(plan.stage)
    why = plan.changes(store.manifest(last)) if last else ["never made before"]
    return (*why[:REASONS], *([f"and {len(why) - REASONS:,} more"] if len(why) > REASONS else []))


def _manifest(
    plan: Plan, work: Work[Any], seconds: float, beside: Mapping[str, Ref], *, run: str, flow_run: str, git: str
) -> Manifest:
    work.spent.seconds = round(seconds, 3)
    return Manifest(
        stage=plan.stage,
        version=plan.version,
        key=plan.key,
        digest="",
        inputs=plan.inputs,
        beside=dict(beside),
        config=plan.config,
        outside=plan.outside,
        files=[],
        rows=work.counts["kept"],
        bytes=0,
        counts=dict(work.counts),
        rejects=dict(work.rejects),
        notes=work.notes,
        facts=work.facts,
        models=work.models,
        spent=work.spent,
        libraries=_library_versions(),
        git=git,
        run=run,
        flow_run=flow_run,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _library_versions() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
