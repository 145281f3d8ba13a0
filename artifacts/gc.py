"""What the store may forget: artifacts that no kept run used, and what crashed or replaced work left behind."""

from __future__ import annotations

import shutil
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from artifacts.runs import RunRecord, no_run, runs
from artifacts.store import Manifest, Ref, Store, StoreError

SCRATCH_DAYS = 7.0  # a rerun resumes from the scratch of a crash; after a week nobody will


@dataclass(frozen=True)
class Garbage:
    path: Path
    stage: str
    run: str  # the run that made it, where that is known
    bytes: int
    age: float  # seconds
    what: str  # "artifact", "damaged", "unfinished" or "replaced"


def collect(store: Store, *, keep: int, dry_run: bool) -> list[Garbage]:
    """Remove, or only list, what neither the last `keep` runs nor any ref needs, directly or as an input."""
    with no_run(store) as quiet:
        if not (quiet or dry_run):
            raise StoreError(f"{store.root}: a run is under way; collect when it has ended (graft status)")
        found = [*_artifacts(store, _needed(store, runs(store)[:keep])), *_leftovers(store)]
        if not dry_run:
            for garbage in found:
                _remove(store, garbage.path)
        return found


def _needed(store: Store, kept: list[RunRecord]) -> set[tuple[str, str]]:
    """(stage, folder name) of all artifacts that are in use, with the inputs that they were made from."""
    todo = [entry.ref for record in kept for entry in record.stages if entry.ref is not None]
    for path in (store.root / "refs").rglob("*"):
        if path.is_file() and not path.name.startswith("."):
            todo.append(Ref.model_validate_json(path.read_text(encoding="utf-8")))
    needed: set[tuple[str, str]] = set()
    while todo:
        ref = todo.pop()
        name = (ref.stage, ref.key[:16])
        if name not in needed:
            needed.add(name)
            if store.find(ref.stage, ref.key) is not None:
                todo += store.manifest(ref).inputs.values()
    return needed


def _artifacts(store: Store, needed: set[tuple[str, str]]) -> list[Garbage]:
    found = []
    for folder in store.folders():
        stage, key = folder.parent.name, store.key_of(folder)
        ref = store.find(stage, key) if key else None
        if (stage, folder.name) in needed and ref is not None:
            continue
        manifest: Manifest | None = store.manifest(ref) if ref else None
        what = "artifact" if ref else "damaged"
        found.append(Garbage(folder, stage, manifest.run if manifest else "", _size(folder), _age(folder), what))
    return found


def _leftovers(store: Store) -> list[Garbage]:
    found = []
    for folder in sorted((store.root / "work").glob("*")):
        stage, age = folder.name.rpartition("-")[0], _age(folder)
        if stage in ("replaced", "removed"):
            found.append(Garbage(folder, "", "", _size(folder), age, "replaced"))
        elif age > SCRATCH_DAYS * 86400:
            found.append(Garbage(folder, stage, "", _size(folder), age, "unfinished"))
    return found


def _remove(store: Store, path: Path) -> None:
    """Take the folder out of the store in one step, then delete it: never half an artifact in place."""
    aside = store.root / "work" / f"removed-{uuid.uuid4().hex}"
    aside.parent.mkdir(parents=True, exist_ok=True)
    path.rename(aside)
    shutil.rmtree(aside)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _age(folder: Path) -> float:
    times = [path.stat().st_mtime for path in (folder, *folder.rglob("*"))]
    return max(0.0, time.time() - max(times))
