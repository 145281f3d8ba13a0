"""The way from documents to training rows: what comes in is what goes on and what was left out."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from artifacts.records import DOCUMENTS, DOMAIN
from artifacts.report.funnel import Step
from artifacts.report.story import Story
from artifacts.stage import Work
from artifacts.store import Store
from configs.schema import Stage, load
from flows.pipeline import as_function, begin, drive
from tests.artifacts.finished import document, run_of
from tests.source import ROOT


def funnel(store: Store, **broken: Any) -> dict[str, Step]:
    run = run_of(store, until="mix", broken=broken)
    return {step.title: step for step in Story(store, run.record).funnel}


def test_files_that_are_copies_or_unreadable_are_losses_and_lost_pages_are_not(store: Store) -> None:
    def parsed(work: Work[Any]) -> None:
        work.write("about/documents.jsonl", [document("a.md", "a", 3, ["b.md", "c.md"]), document("d.pdf", "d", 0)])
        work.write("sections.jsonl", [{"id": str(number)} for number in range(3)])
        work.reject("encrypted", {"file": "d.pdf"})
        work.reject("blank_page", {"file": "a.md", "page": 2})
        work.reject("duplicate_section", {"id": "0", "headings": [], "text": ""})
        work.counts.update({"in": 4, "kept": 3, "documents": 1})

    steps = funnel(store, parse=parsed)
    assert steps["documents"].left == (("copy_of_another", 2), ("encrypted", 1))
    assert (steps["documents"].came, steps["documents"].kept, steps["documents"].gap) == (4, 1, 0)
    assert (steps["sections"].came, steps["sections"].left) == (4, (("duplicate_section", 1),))


def test_facts_and_drafts_have_their_own_losses(store: Store) -> None:
    def generated(work: Work[Any]) -> None:
        work.write("qa.jsonl", [{"id": str(number)} for number in range(9)])
        work.write("about/coverage.jsonl", [{"rows": 0, "left_out": {"no_facts": 1}}, {"rows": 0, "left_out": {}}])
        work.reject("ungrounded", {"question": "Why?", "answer": "So."})
        work.reject("bad_claim", {"claim": "It is so.", "section": "0"})
        work.reject("untrained_probe", {"question": "Why?", "answer": "So.", "choices": []})
        work.reject("unreadable_reply", {"reply": "{"})
        work.counts.update({"in": 5, "kept": 9, "facts": 6})
        work.facts |= {
            "sections": {"none": 2, "one": 1, "many": 2},
            "facts": {"none": 1, "one": 1, "many": 3, "control": 1},
        }

    steps = funnel(store, generate=generated)
    assert steps["sections with rows"].left == (("no_facts", 1), ("nothing_found_in_it", 1))
    assert steps["facts with rows"].left == (("bad_claim", 1), ("held_back_as_control", 1), ("no_row_left_of_it", 1))
    assert steps["questions made"].left == (("ungrounded", 1),)
    assert {step.gap for step in steps.values() if step.stage == "generate"} == {0}


def test_facts_that_clean_leaves_no_row_of_are_a_loss(store: Store) -> None:
    def cleaned(work: Work[Any]) -> None:
        work.write("qa.jsonl", [{"id": "0"}])
        work.counts.update({"in": 1, "kept": 1, "facts": 36, "facts_lost": 12})

    step = funnel(store, clean=cleaned)["facts kept"]
    assert (step.came, step.left, step.kept) == (36, (("no_row_left_of_it", 12),), 24)


def test_what_is_held_out_shown_again_or_added_is_told(store: Store) -> None:
    def mixed(work: Work[Any]) -> None:
        shown = [(f"q{number % 5}", DOMAIN) for number in range(15)] + [("d", DOCUMENTS)] * 2 + [("g", "general")] * 7
        work.write("train.jsonl", [{"id": id_, "source": source, "language": "en"} for id_, source in shown])
        work.write("validation.jsonl", [{"id": f"v{number}", "source": DOMAIN} for number in range(3)])
        work.reject("asked_in_training", {"id": "v9", "source": DOMAIN})
        work.reject("malformed", {"text": "a general row"})
        work.counts.update({"in": 560, "kept": 24, "not_drawn": 549})

    steps = funnel(store, mix=mixed)
    trained, rows = steps["questions trained"], steps["training rows"]
    assert dict(trained.left) == {"not_drawn": 549, "held_out_for_validation": 3, "asked_in_training": 1}
    assert dict(rows.added) == {"shown again": 10, "general": 7, "of the documents' text": 2}
    assert (trained.gap, rows.came, rows.kept, rows.gap) == (2, 5, 24, 0), "two questions went nobody knows where"


def test_what_does_not_add_up_is_told(store: Store) -> None:
    def cleaned(work: Work[Any]) -> None:
        work.reject("duplicate", {"id": "1"})
        work.counts.update({"in": 600, "kept": 590})

    assert funnel(store, clean=cleaned)["questions kept"].gap == 9


@pytest.mark.timeout(300)
def test_the_quick_starts_figures_add_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    overrides = [f"store={tmp_path}", "mix.validation_share=0.2", "mix.documents=1.0", "clean.outliers=mad"]
    config = load("configs/quickstart.yaml", overrides)
    run = begin(config, until=Stage.mix)
    drive(run, config, as_function, Stage.mix)
    story = Story(run.store, run.record)
    assert [step.gap for step in story.funnel] == [0] * 9
    steps = {step.title: step for step in story.funnel}
    for before, after in pairwise(("sections", "sections with rows")):
        assert steps[before].kept == steps[after].came
    for before, after in pairwise(("questions made", "questions kept", "questions trained", "training rows")):
        assert steps[before].kept == steps[after].came
    left = Counter(dict(steps["questions trained"].left))
    assert left["held_out_for_validation"] > 0
    assert left["not_drawn"] == 0, "without a limit all is drawn"
    assert dict(steps["training rows"].added)["of the documents' text"] == story.manifests["mix"].counts["documents"]
    assert dict(steps["questions kept"].left) == story.manifests["clean"].rejects
    report = (run.folder / "report.html").read_text(encoding="utf-8")
    assert "outlier" in report
    assert "unaccounted" not in report
