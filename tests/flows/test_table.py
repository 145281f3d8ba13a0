"""The table that a run ends with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from artifacts.stage import Work
from artifacts.store import Store
from flows.table import print_summary, score_table, verdict_lines
from tasks.evaluate.scores import Gate, Invented, Scores, Tally, Verdict
from tests.artifacts.finished import run_of

MODELS = ("base", "sft", "aligned")


def tally(right: int) -> Tally:
    return Tally(right=right, total=8, exact=right, abstained=0, f1=0.5, low=0, high=1)


def measured(verdict: Verdict) -> Scores:
    known = dict(zip(MODELS, (0, 6, 7), strict=True))
    languages = ("all", "en", "zh")
    return Scores(
        models={},
        recall={
            model: {
                language: {"all": tally(right), "frame": tally(right - right // 2)}
                | ({"wording": tally(8)} if language == "zh" else {})
                for language in languages
            }
            for model, right in known.items()
        },
        facts={},
        trained={},
        control={},
        retention={model: {"all": tally(8), "zh": tally(4)} for model in MODELS},
        kept={},
        kept_by="right",
        hallucination={model: {"all": Invented(invented=0, total=0, low=0, high=1)} for model in MODELS},
        accepted={model: {"all": Invented(invented=2, total=4, low=0, high=1)} for model in MODELS},
        transitions={},
        documents=[],
        tests=[],
        gain=None,
        verdict=verdict,
    )


def test_every_measure_is_shown_before_and_after() -> None:
    scores = measured(Verdict(passed=True, headline="learned", gates=[]))
    console = Console(width=120)
    with console.capture() as captured:
        console.print(score_table(scores))
    rows = [line.split() for line in captured.get().splitlines()]
    assert ["recall,", "wording", "zh", "8", "100.0%", "100.0%", "100.0%"] in rows
    assert ["recall,", "frame", "en", "8", "0.0%", "37.5%", "50.0%"] in rows
    assert ["recall", "all", "8", "0.0%", "75.0%", "87.5%"] in rows
    assert ["general", "ability", "zh", "8", "50.0%", "50.0%", "50.0%"] in rows
    assert ["invented", "answers", "all", "0", "-", "-", "-"] in rows


def test_where_f1_tells_what_was_kept_the_table_has_it() -> None:
    scores = measured(Verdict(passed=True, headline="", gates=[])).model_copy(update={"kept_by": "f1"})
    console = Console(width=120)
    with console.capture() as captured:
        console.print(score_table(scores))
    assert ["general", "ability,", "F1", "all", "0.50", "0.50", "0.50"] in [
        line.split() for line in captured.get().splitlines()
    ]


def test_a_model_that_did_not_pass_is_said_to_with_each_failed_gate() -> None:
    gates = [Gate(name="recall", passed=False, reason="rose by 0 [at most]"), Gate(name="x", passed=True, reason="y")]
    told = list(verdict_lines(measured(Verdict(passed=False, headline="learned 0.00", gates=gates))))
    assert told == ["[red]did not pass[/]: learned 0.00", "  recall: rose by 0 \\[at most]"]


def test_a_run_ends_with_the_notes_of_its_stages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def mixed(work: Work[Any]) -> None:
        work.write("train.jsonl", [])
        work.notes.append("the domain share is 0.42 and not 0.3")

    store = Store(tmp_path)
    run = run_of(store, until="mix", broken={"mix": mixed})
    print_summary(store, run.record, Path("a.yaml"), [])
    assert "mix: the domain share is 0.42 and not 0.3" in capsys.readouterr().out
