"""The artifact store: a folder per artifact, named by what it was made from, published whole or not at all.

stages/<stage>/<key16>/   manifest.json and the files it lists
work/<stage>-<key16>/     what is being made (out/) and what a rerun resumes from (scratch/)
locks/                    one kernel lock per artifact and per run, given back by the system when its holder dies
memo.sqlite               results of small units of work (see memo.py)
runs/<run>.json           what each run did; runs/<run>/ its report and model card
refs/latest/<stage>       the artifact that the last finished run of a stage used
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from artifacts.memo import Memo
from artifacts.records import digest

log = logging.getLogger("graft")

MANIFEST = "manifest.json"
ABOUT = "about"  # what lies in this folder of an artifact tells of it (rejects, statistics, curves) and is no input:
#                  it is hashed like the rest, but not in the digest, so a row more left out remakes nothing downstream
PAGE = "page.md"  # in ABOUT: what a stage shows of itself to people, as Markdown


class Ref(BaseModel):
    """Names an artifact: `key` is what was asked for, `digest` what came out."""

    model_config = ConfigDict(frozen=True)

    stage: str
    key: str
    digest: str
    rows: int = 0
    bytes: int = 0


class StoredFile(BaseModel):
    path: str
    size: int
    sha256: str
    rows: int | None = None  # lines, for JSONL


class Spent(BaseModel):
    """What a stage paid for."""

    seconds: float = 0.0
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    money: float = 0.0
    currency: str = "USD"


class Manifest(BaseModel):
    schema_version: int = 1
    stage: str
    version: int
    key: str
    digest: str
    inputs: dict[str, Ref]
    beside: dict[str, Ref] = {}  # what a check looked at that can't change what came out
    config: dict[str, Any]  # the resolved section of the configuration that is in the key
    outside: dict[str, str]  # digests of what was read that is not in the store (documents, prompts, weights)
    files: list[StoredFile]
    rows: int
    bytes: int
    counts: dict[str, int]  # in, kept, rejected, added, reused, removed ... as the stage names them
    rejects: dict[str, int]  # reason -> how many
    notes: list[str] = []  # what a reader of the report must know, such as "the offline teacher is no LLM"
    facts: dict[str, Any] = {}  # figures of the stage's own, for the report
    models: dict[str, str] = {}  # role -> model id and revision or digest
    spent: Spent = Spent()
    libraries: dict[str, str] = {}
    git: str = ""
    run: str = ""
    flow_run: str = ""  # Prefect's id, where there is one
    created: str = ""  # ISO 8601, UTC


class StoreError(Exception):
    """The store holds something that it should not; the text says where and what to do."""


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


_digests: dict[tuple[int, ...], str] = {}  # of files that are not ours, by what the file system says of them
SETTLED = 2_000_000_000  # nanoseconds; a file that was just written may change again within a tick of its clock


def source_sha256(path: Path) -> str:
    """The digest of a file that a user keeps; a process hashes it again only when it has changed."""
    about = path.stat()
    state = (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)
    if (known := _digests.get(state)) is not None:
        return known
    sha256 = file_sha256(path)
    if time.time_ns() - max(about.st_mtime_ns, about.st_ctime_ns) > SETTLED:
        _digests[state] = sha256
    return sha256


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomically(path: Path, text: str) -> None:
    """Replace a small file so that a reader sees the old text or the new, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    temporary.write_text(text, encoding="utf-8")
    _fsync(temporary)
    os.replace(temporary, path)
    _fsync(path.parent)


class Store:
    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)
        self._memo: Memo | None = None

    @property
    def memo(self) -> Memo:
        if self._memo is None:
            self._memo = Memo(self.root / "memo.sqlite")
        return self._memo

    def folder(self, stage: str, key: str) -> Path:
        return self.root / "stages" / stage / key[:16]

    def path(self, ref: Ref) -> Path:
        """The folder of an artifact that was found."""
        return self.folder(ref.stage, ref.key)

    def manifest(self, ref: Ref) -> Manifest:
        return Manifest.model_validate_json((self.path(ref) / MANIFEST).read_text(encoding="utf-8"))

    def find(self, stage: str, key: str) -> Ref | None:
        """The artifact of this key, if it is there whole (every file there, with its size); else None."""
        return None if self.damage(stage, key) is not None else self._read(stage, key)

    def _read(self, stage: str, key: str) -> Ref:
        manifest = Manifest.model_validate_json((self.folder(stage, key) / MANIFEST).read_text(encoding="utf-8"))
        return Ref(stage=stage, key=key, digest=manifest.digest, rows=manifest.rows, bytes=manifest.bytes)

    def damage(self, stage: str, key: str, *, hashes: bool = False) -> str | None:
        """Why an artifact can't be used: "absent", or what of it was lost or altered; None when it is whole."""
        return _damage(self.folder(stage, key), key, hashes=hashes)

    def lock_file(self, name: str) -> TextIOWrapper:
        """An open file to hold a kernel lock on; closing it, or dying, gives the lock back."""
        path = self.root / "locks" / f"{name}.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a")

    @contextmanager
    def lock(self, stage: str, key: str) -> Iterator[bool]:
        """Hold the artifact's kernel lock; yields whether another holder had to be waited for."""
        with self.lock_file(f"{stage}-{key[:16]}") as file:
            waited = False
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waited = True
                log.info("%s: another run is making the same artifact; waiting for it", stage)
                fcntl.flock(file, fcntl.LOCK_EX)
            yield waited

    def _workplace(self, stage: str, key: str) -> Path:
        return self.root / "work" / f"{stage}-{key[:16]}"

    def recover(self, stage: str, key: str) -> None:
        """Put in place what was killed between its manifest and its last move; the artifact's lock must be held."""
        out = self._workplace(stage, key) / "out"
        if self.damage(stage, key) is not None and _damage(out, key) is None:
            self._place(out, self.folder(stage, key))

    def workplace(self, stage: str, key: str) -> Path:
        """The folder to make an artifact in; `scratch/` inside survives a crash, `out/` is begun anew."""
        work = self._workplace(stage, key)
        shutil.rmtree(work / "out", ignore_errors=True)
        for name in ("out", "scratch"):
            (work / name).mkdir(parents=True, exist_ok=True)
        return work

    def publish(self, work: Path, manifest: Manifest) -> Ref:
        """Hash, fsync and move `work/out` into place, the manifest last; fills in files, rows, bytes and digest."""
        out = work / "out"
        manifest.files = [_describe(path, out) for path in sorted(out.rglob("*")) if path.is_file()]
        content = [(file.path, file.sha256) for file in manifest.files if not file.path.startswith(f"{ABOUT}/")]
        manifest.digest = digest(content)
        manifest.bytes = sum(file.size for file in manifest.files)
        for path in out.rglob("*"):
            _fsync(path)
        write_atomically(out / MANIFEST, manifest.model_dump_json(indent=1))
        self._place(out, self.folder(manifest.stage, manifest.key))
        return self._read(manifest.stage, manifest.key)

    def _place(self, out: Path, final: Path) -> None:
        final.parent.mkdir(parents=True, exist_ok=True)
        if final.exists():  # damaged, or made again on demand: set aside whole, never written over
            final.rename(self.root / "work" / f"replaced-{uuid.uuid4().hex}")
        out.rename(final)
        _fsync(final.parent)
        shutil.rmtree(out.parent, ignore_errors=True)

    def latest(self, stage: str) -> Ref | None:
        """The artifact that the last finished run of this stage made or reused."""
        try:
            ref = Ref.model_validate_json((self.root / "refs" / "latest" / stage).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return self.find(ref.stage, ref.key)

    def set_latest(self, ref: Ref) -> None:
        write_atomically(self.root / "refs" / "latest" / ref.stage, ref.model_dump_json())

    def folders(self) -> Iterator[Path]:
        """Every artifact's folder, whole or not."""
        yield from sorted(path for path in (self.root / "stages").glob("*/*") if path.is_dir())

    def refs(self) -> Iterator[Ref]:
        """Every whole artifact in the store."""
        for folder in self.folders():
            if (key := self.key_of(folder)) and (ref := self.find(folder.parent.name, key)) is not None:
                yield ref

    def key_of(self, folder: Path) -> str | None:
        """The key that an artifact's manifest names, where it has a manifest that can be read."""
        try:
            return str(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["key"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def verify(self) -> Iterator[tuple[Path, str | None]]:
        """Hash every file of every artifact again; yields each folder, with what is wrong in it or None."""
        for folder in self.folders():
            key = self.key_of(folder)
            if key is None:
                yield folder, f"{folder / MANIFEST}: is missing or cannot be read"
            elif not key.startswith(folder.name):
                yield folder, f"{folder / MANIFEST}: holds another key"
            else:
                yield folder, self.damage(folder.parent.name, key, hashes=True)


def _describe(path: Path, root: Path) -> StoredFile:
    rows = None
    if path.suffix == ".jsonl":
        with path.open("rb") as file:
            rows = sum(1 for _ in file)
    return StoredFile(
        path=path.relative_to(root).as_posix(), size=path.stat().st_size, sha256=file_sha256(path), rows=rows
    )


def _damage(folder: Path, key: str, *, hashes: bool = False) -> str | None:
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return f"{folder}: its manifest is missing" if folder.exists() else "absent"
    except ValueError:
        return f"{folder / MANIFEST}: cannot be read"
    if manifest.key != key:
        return f"{folder / MANIFEST}: holds another key"
    for entry in manifest.files:
        path = folder / entry.path
        if not path.is_file():
            return f"{path}: is missing"
        if path.stat().st_size != entry.size:
            return f"{path}: has {path.stat().st_size} bytes, the manifest says {entry.size}"
        if hashes and file_sha256(path) != entry.sha256:
            return f"{path}: was altered (its SHA-256 is not the manifest's)"
    return None
