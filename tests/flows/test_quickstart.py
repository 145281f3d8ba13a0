"""What the quick start promises of the sample documents, by the whole run of it: some seven minutes on two cores."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from artifacts.runs import read_run
from configs.schema import load
from flows.pipeline import as_function, begin, drive
from tests.source import ROOT

RECALL = {"wording": 0.9, "noun_phrase": 0.75, "frame": 0.65}
CHINESE_WORDING = 0.8
KEPT = 0.95


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_the_quick_start_learns_and_does_not_forget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    config = load("configs/quickstart.yaml", [f"store={tmp_path}"])
    run = begin(config)
    drive(run, config, as_function)
    evaluated = read_run(run.store, run.record.id).ref("evaluate")
    assert evaluated is not None
    scores = json.loads((run.store.path(evaluated) / "scores.json").read_text(encoding="utf-8"))

    def share(marks: dict[str, int]) -> float:
        return marks["right"] / marks["total"]

    assert share(scores["recall"]["base"]["all"]["all"]) < 0.02
    for model in ("sft", "aligned"):
        recall = scores["recall"][model]
        for kind, least in RECALL.items():
            assert share(recall["all"][kind]) >= least
        assert share(recall["zh"]["wording"]) >= CHINESE_WORDING
        assert min(scores["kept"][model][language] for language in ("en", "zh")) >= KEPT
    invented = {model: marks["all"]["invented"] for model, marks in scores["hallucination"].items()}
    assert invented["aligned"] <= invented["sft"]

    again = begin(config)
    drive(again, config, as_function)
    assert {entry.state for entry in read_run(again.store, again.record.id).stages} == {"reused"}
