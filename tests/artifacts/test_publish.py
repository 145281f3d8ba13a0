"""A stage's outcome in the run's record and in words."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from artifacts.progress import Progress
from artifacts.publish import one_line, run_stage, summary
from artifacts.runs import Run, read_run
from artifacts.stage import StageError, Work, produce
from artifacts.store import Ref, Store
from tests.artifacts.toy import ReadConfig, read, run_read


def test_without_a_server_a_stage_gives_its_ref_and_is_recorded(store: Store, source: Path) -> None:
    run = Run(store, progress=Progress(terminal=False))
    refs = [run_stage(run, ReadConfig(source=source), {}, read) for _ in range(2)]
    assert isinstance(refs[0], Ref)
    assert refs[0] == refs[1]
    assert [entry.state for entry in read_run(store, run.record.id).stages] == ["made", "reused"]
    run.end("done")


def test_a_stage_that_fails_is_recorded_and_raises(store: Store, source: Path) -> None:
    def fail(work: Work[ReadConfig]) -> None:
        raise StageError("a.txt: is empty; add text")

    run = Run(store, progress=Progress(terminal=False))
    with pytest.raises(StageError, match=r"a\.txt"):
        run_stage(run, ReadConfig(source=source), {}, fail)
    [entry] = read_run(store, run.record.id).stages
    assert (entry.state, entry.error) == ("failed", "StageError: a.txt: is empty; add text")
    run.end("failed")


def test_the_page_in_the_ui_has_counts_reasons_and_a_sample(store: Store, source: Path) -> None:
    (source / "c.txt").write_text("one\n", encoding="utf-8")
    outcome = run_read(store, ReadConfig(source=source))
    page = summary(store, store.manifest(outcome.ref), outcome)
    assert "| left out: duplicate | 1 |" in page
    assert "| kept | 4 |" in page
    assert "- why: never made before" in page
    assert '"text": "三"' in page
    assert '"text": "四"' not in page, "three rows are a sample"


def test_the_page_names_what_was_left_out_and_shows_what_the_stage_wrote(store: Store, source: Path) -> None:
    def refuse(work: Work[ReadConfig]) -> None:
        for number in range(9):
            work.reject("encrypted", {"file": f"plan {number}.pdf"}, "name its password")
        work.counts["kept"] = work.write("rows.jsonl", [{"text": "三"}])
        work.write_page("## What was read")

    outcome = produce(store, ReadConfig(source=source), {}, refuse, progress=Progress(terminal=False))
    page = summary(store, store.manifest(outcome.ref), outcome)
    assert "| encrypted | plan 0.pdf | name its password |" in page
    assert page.count("| encrypted |") == 3, "a few of each reason"
    assert page.endswith("## What was read")
    assert "三" not in page


def test_a_name_is_no_markup_on_the_page_in_the_ui(store: Store, source: Path) -> None:
    run_read(store, ReadConfig(source=source))
    (source / "![x](http:example.test) <b>.txt").write_text("new\n", encoding="utf-8")
    outcome = run_read(store, ReadConfig(source=source))
    page = summary(store, store.manifest(outcome.ref), outcome)
    assert "![x](" not in page
    assert "<b>" not in page


def test_away_from_a_terminal_progress_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "graft")
    with Progress(terminal=False, every=0).task("training", 3) as task:
        task.advance(note="loss 1.5")
        task.advance(2)
    first, last = [record.getMessage() for record in caplog.records]
    assert re.fullmatch(r"training: 1 of 3, [\d.,]+/s, [\d:]+ to go, loss 1\.5", first)
    assert re.fullmatch(r"training: 3 of 3, [\d.,]+/s, 0:00 to go, loss 1\.5", last)


def test_the_page_and_the_line_tell_a_stage_s_own_figures(store: Store, source: Path) -> None:
    def count(work: Work[ReadConfig]) -> None:
        read(work)
        work.facts |= {"headline": "learned 0.9 of 40", "passed": True}

    outcome = produce(store, ReadConfig(source=source), {}, count, progress=Progress(terminal=False))
    manifest = store.manifest(outcome.ref)
    assert one_line(manifest, outcome).endswith("; learned 0.9 of 40")
    assert '"passed": true' in summary(store, manifest, outcome)
