"""Every stage for real, on two small documents and a model with random weights, through the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from artifacts.runs import runs
from artifacts.store import Store
from configs.schema import Stage
from flows.cli import app
from tasks.models.config import ModelConfig
from tests.source import ROOT

GENERAL = [(f"What is {a} plus {b}?", f"{a} plus {b} is {a + b}.") for a in range(9) for b in range(9)]


def graft(*words: str | Path) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def config(tmp_path: Path, tiny_model: ModelConfig, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    monkeypatch.setenv("COLUMNS", "160")
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "pump.md").write_text("# Pump P1\n\nWeight: 3 kg\n\nColour: green\n", encoding="utf-8")
    (documents / "水箱.md").write_text("# 水箱\n\n容量：40 升\n\n颜色：绿色\n", encoding="utf-8")
    rows = [{"messages": [{"role": "user", "content": q}, {"role": "assistant", "content": a}]} for q, a in GENERAL]
    general = tmp_path / "sums.jsonl"
    general.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    values = {
        "name": "small",
        "store": str(tmp_path / "store"),
        "parse": {"source": str(documents)},
        "mix": {"general": [{"path": str(general)}], "retention_rows": 8, "validation_share": 0},
        "sft": {"model": {"path": tiny_model.path}, "rank": 2, "epochs": 1, "max_length": 256},
        "prefer": {"max_prompts": 8, "samples": 1, "unanswerable_prompts": 2, "max_new_tokens": 8},
        "evaluate": {"trained_questions": 4, "max_new_tokens": 8, "resamples": 100},
    }
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return path


def states(store: Store) -> dict[str, str]:
    return {entry.stage: entry.state for entry in runs(store)[0].stages}


def test_documents_in_a_model_out_and_then_only_what_changed(config: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    told = graft("run", "-c", config)
    assert states(store) == dict.fromkeys(Stage, "made")
    for word in ("recall", "general ability", "report", "model-card", "graft chat"):
        assert word in told, told
    record = runs(store)[0]
    assert {path.name for path in (store.root / "runs" / record.id).iterdir()} >= {
        "report.md",
        "report.html",
        "model-card.md",
    }
    for row in re.findall(r"^\| \w+ \|.*", (ROOT / "docs" / "records.md").read_text(encoding="utf-8"), re.M)[1:10]:
        stage, _, written = row.strip("| ").split(" | ")
        ref = record.ref(stage)
        assert ref is not None, stage
        made = {re.sub(r"^(adapter|merged)/.*", r"\1/", file.path) for file in store.manifest(ref).files}
        assert made == {*re.findall(r"`([\w./]+)`", written), "about/rejects.jsonl"}, stage

    exported = record.ref("export")
    assert exported is not None
    assert (store.path(exported) / "merged" / "config.json").is_file()

    graft("run", "-c", config)
    assert states(store) == dict.fromkeys(Stage, "reused")

    rank = ["--set", "sft.rank=4"]
    planned = [line.split()[:2] for line in graft("plan", "-c", config, *rank).splitlines() if line.strip()]
    assert ["mix", "cached"] in planned
    assert ["sft", "will"] in planned
    graft("run", "-c", config, *rank, "--until", "sft")
    assert states(store) == dict.fromkeys(("parse", "generate", "clean", "mix"), "reused") | {"sft": "made"}

    mixed = record.ref("mix")
    assert mixed is not None
    lines = (store.path(mixed) / "train.jsonl").read_text(encoding="utf-8").splitlines()
    row = next(row for row in map(json.loads, lines) if row["source"] == "domain")
    traced = graft("lineage", row["id"], "-c", config)
    assert "from 水箱.md" in traced or "from pump.md" in traced
    assert "trained: sft" in traced
    assert "trained: align" in traced

    answered = graft("chat", "-c", config, "--question", "What is the weight of Pump P1?", "--run", record.id)
    assert "base" in answered
    assert "align" in answered
    assert "0 damaged" in graft("verify", "-c", config)
