"""What may go and what must stay."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from artifacts.gc import collect
from artifacts.runs import Run
from artifacts.store import Ref, Store, StoreError
from tests.artifacts.toy import ReadConfig, run_count, run_read


def a_run(store: Store, source: Path, text: str) -> tuple[Ref, Ref]:
    """One whole run over a changed source."""
    (source / "a.txt").write_text(text, encoding="utf-8")
    run = Run(store)
    parsed = run_read(store, ReadConfig(source=source))
    run.done("parse", parsed)
    counted = run_count(store, parsed.ref)
    run.done("count", counted)
    run.end("done")
    return parsed.ref, counted.ref


def test_what_the_last_runs_used_stays_and_the_rest_goes(store: Store, source: Path) -> None:
    old, middle, new = (a_run(store, source, text) for text in ("a\n", "b\nc\n", "d\ne\nf\n"))
    listed = collect(store, keep=2, dry_run=True)
    assert {(garbage.stage, garbage.path) for garbage in listed} == {(ref.stage, store.path(ref)) for ref in old}
    assert all(garbage.bytes > 0 and garbage.what == "artifact" for garbage in listed)
    assert set(store.refs()) == {*old, *middle, *new}
    collect(store, keep=2, dry_run=False)
    assert set(store.refs()) == {*middle, *new}
    assert all(damage is None for _, damage in store.verify())


def test_inputs_of_what_is_kept_are_kept(store: Store, source: Path) -> None:
    parsed = run_read(store, ReadConfig(source=source))
    counted = run_count(store, parsed.ref)
    run = Run(store)
    run.done("count", counted)  # the record names the second stage alone
    run.end("done")
    (store.root / "refs" / "latest" / "parse").unlink()
    assert collect(store, keep=1, dry_run=False) == []
    assert set(store.refs()) == {parsed.ref, counted.ref}


def test_what_is_named_by_a_ref_stays(store: Store, source: Path) -> None:
    latest = run_read(store, ReadConfig(source=source))
    assert collect(store, keep=1, dry_run=False) == []
    assert list(store.refs()) == [latest.ref]


def test_nothing_is_collected_under_a_run(store: Store, source: Path) -> None:
    run_read(store, ReadConfig(source=source))
    run = Run(store)
    with pytest.raises(StoreError, match="a run is under way"):
        collect(store, keep=1, dry_run=False)
    assert collect(store, keep=1, dry_run=True) == []
    run.end("done")
    collect(store, keep=1, dry_run=False)


def test_leftovers_go_when_no_rerun_will_want_them(store: Store, source: Path) -> None:
    config = ReadConfig(source=source)
    run_read(store, config)
    run_read(store, config, force=True)  # sets the first aside
    young, old = store.workplace("sft", "1" * 64), store.workplace("sft", "2" * 64)
    weeks_ago = time.time() - 20 * 86400
    for path in (old, *old.rglob("*")):
        os.utime(path, (weeks_ago, weeks_ago))
    found = collect(store, keep=1, dry_run=False)
    assert sorted(garbage.what for garbage in found) == ["replaced", "unfinished"]
    assert young.is_dir()
    assert not old.exists()


def test_a_damaged_artifact_goes(store: Store, source: Path) -> None:
    folder = store.path(run_read(store, ReadConfig(source=source)).ref)
    (folder / "lines.jsonl").unlink()
    assert [garbage.what for garbage in collect(store, keep=1, dry_run=False)] == ["damaged"]
    assert not folder.exists()
