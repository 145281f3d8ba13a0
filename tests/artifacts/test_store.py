"""Verifying, finding, and reading the runs back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from artifacts.runs import Run, read_run, runs
from artifacts.store import Store, StoreError, file_sha256, source_sha256, write_atomically
from tests.artifacts.toy import ReadConfig, run_read


def test_verify_finds_what_a_size_does_not_show(store: Store, source: Path) -> None:
    folder = store.path(run_read(store, ReadConfig(source=source)).ref)
    text = (folder / "lines.jsonl").read_text(encoding="utf-8")
    (folder / "lines.jsonl").write_text(text.replace("one", "eno"), encoding="utf-8")
    assert run_read(store, ReadConfig(source=source)).reused
    [(found, damage)] = store.verify()
    assert found == folder
    assert damage is not None
    assert "lines.jsonl: was altered" in damage


def test_a_file_that_changed_has_another_digest(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    for text in ("one", "two"):  # of one size and, on most clocks, of one time
        path.write_text(text, encoding="utf-8")
        assert source_sha256(path) == file_sha256(path)
    path.write_text("old", encoding="utf-8")
    os.utime(path, (1, 1))
    old = source_sha256(path)
    path.write_text("new", encoding="utf-8")
    os.utime(path, (1, 1))  # keeps size and time of the content, but not of the entry
    assert source_sha256(path) != old


def test_verify_names_a_folder_without_a_manifest(store: Store, source: Path) -> None:
    folder = store.path(run_read(store, ReadConfig(source=source)).ref)
    (folder / "manifest.json").unlink()
    [(_, damage)] = store.verify()
    assert damage == f"{folder / 'manifest.json'}: is missing or cannot be read"


def test_a_manifest_of_another_key_is_damage(store: Store, source: Path) -> None:
    ref = run_read(store, ReadConfig(source=source)).ref
    store.path(ref).rename(store.folder("parse", "0" * 64))
    assert store.damage("parse", "0" * 64) == f"{store.folder('parse', '0' * 64) / 'manifest.json'}: holds another key"
    [(_, damage)] = store.verify()
    assert damage is not None


def test_latest_is_what_the_last_run_used(store: Store, source: Path) -> None:
    assert store.latest("parse") is None
    plain = run_read(store, ReadConfig(source=source)).ref
    upper = run_read(store, ReadConfig(source=source, upper=True)).ref
    assert store.latest("parse") == upper
    run_read(store, ReadConfig(source=source))
    assert store.latest("parse") == plain


def test_a_small_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file.json"
    write_atomically(path, "old")
    write_atomically(path, "new")
    assert path.read_text(encoding="utf-8") == "new"
    assert list(path.parent.iterdir()) == [path]


def test_a_run_is_recorded_stage_by_stage(store: Store, source: Path) -> None:
    run = Run(store, name="nightly", config={"name": "nightly"})
    outcome = run_read(store, ReadConfig(source=source))
    run.done("parse", outcome)
    assert [record.state for record in runs(store)] == ["running"]
    run.failed("clean", "StageError: too few rows", 1.5)
    run.end("failed")
    record = read_run(store, run.record.id)
    assert [(entry.stage, entry.state) for entry in record.stages] == [("parse", "made"), ("clean", "failed")]
    assert record.ref("parse") == outcome.ref
    assert record.state == "failed"
    assert record.ended >= record.started


def test_a_record_that_cannot_be_read_hides_no_other(store: Store) -> None:
    run = Run(store, name="whole")
    run.end("done")
    (store.root / "runs" / "broken.json").write_text("{", encoding="utf-8")
    assert [record.name for record in runs(store)] == ["whole"]
    with pytest.raises(StoreError, match="cannot be read"):
        read_run(store, "broken")


def test_a_run_whose_process_died_is_interrupted(store: Store) -> None:
    code = (
        "import os, sys; from pathlib import Path; from artifacts.runs import Run; from artifacts.store import Store;"
        "run = Run(Store(Path(sys.argv[1]))); os.kill(os.getpid(), 9)"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code, str(store.root)], cwd=root, check=False)
    assert done.returncode == -signal.SIGKILL
    assert [record.state for record in runs(store)] == ["interrupted"]


def test_a_run_that_is_not_there_is_an_error_for_the_user(store: Store) -> None:
    with pytest.raises(StoreError, match="graft status"):
        read_run(store, "20260101-000000-abcd")


def test_the_store_needs_no_write_access_to_be_read(store: Store, source: Path) -> None:
    ref = run_read(store, ReadConfig(source=source)).ref
    before = {path: os.stat(path).st_mtime_ns for path in store.root.rglob("*")}
    assert store.find("parse", ref.key) == ref
    assert list(store.refs()) == [ref]
    assert all(damage is None for _, damage in store.verify())
    assert {path: os.stat(path).st_mtime_ns for path in store.root.rglob("*")} == before
