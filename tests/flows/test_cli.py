"""The command line: what it answers, how it exits, and what it doesn't load."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from artifacts.runs import runs
from artifacts.store import Store
from flows.cli import app
from tests.source import ROOT

COMMANDS = ["run", "plan", "validate", "status", "show", "lineage", "chat", "verify", "gc", "base-model"]
HEAVY = {"prefect", "torch", "transformers", "datasets", "data_juicer", "pymupdf", "unstructured", "openai", "numpy"}


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Two small documents and a store of their own."""
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "pump.md").write_text("# Pump P1\n\nWeight: 3 kg\n\nColour: green\n", encoding="utf-8")
    (documents / "水箱.md").write_text("# 水箱\n\n容量：40 升\n\n颜色：绿色\n", encoding="utf-8")
    path = tmp_path / "mine.yaml"
    path.write_text(f"name: mine\nstore: {tmp_path / 'store'}\nparse:\n  source: {documents}\n", encoding="utf-8")
    return path


def graft(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def succeeded(*words: str | Path) -> str:
    result = graft(*words)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    assert f"Example: graft {command}" in succeeded(command, "--help")


@pytest.mark.parametrize("words", [["--help"], ["validate"], ["plan"]], ids=lambda words: words[0])
def test_help_validate_and_plan_load_no_heavy_library(words: list[str], config: Path) -> None:
    if words[0] != "--help":
        words = [*words, "-c", str(config)]
    code = (
        "import sys; from flows.cli import app; code = 0\n"
        f"try: app({words!r})\n"
        "except SystemExit as stop: code = stop.code\n"
        f"print(code, sorted({HEAVY} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []", done.stdout + done.stderr


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("parse.source={}/none", "is not a folder"),
        ("clean.decontamination.sets=[{{path: {}/none.jsonl}}]", "there is no such file"),
        ("generate.own=[{}/bad.jsonl]", "generate.own: .*bad.jsonl, line 1: .*graft data import"),
        ("sft.model.path=embeded", "sft.model.path: embeded is no model; did you mean embedded"),
        ("mix.general=[{{path: {}/none.jsonl}}]", "there is no such file"),
        ("mix.general=[{{path: {}/bad.jsonl}}]", "no row can be used .*bad.jsonl, line 1: is not a JSON object: 'one"),
    ],
)
def test_validate_tells_what_a_run_would_refuse(config: Path, tmp_path: Path, override: str, said: str) -> None:
    (tmp_path / "bad.jsonl").write_text("one\ntwo\n", encoding="utf-8")
    words = ("-c", config, "--set", override.format(tmp_path))
    refused, stopped = graft("validate", *words), graft("run", *words)
    assert (refused.exit_code, stopped.exit_code) == (2, 2), refused.output
    assert re.search(said, refused.output), refused.output
    assert re.search(said, stopped.output), stopped.output
    assert not Store(tmp_path / "store").latest("parse"), "nothing is made that a later stage can't go on from"


def test_a_run_a_plan_and_what_can_be_seen_of_it(config: Path, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    assert "parse     will run  never made before" in succeeded("plan", "-c", config)
    assert "2 documents" in succeeded("plan", "-c", config)
    assert not store.root.exists(), "a plan writes nothing"

    output = succeeded("run", "-c", config, "--until", "clean")
    assert [(entry.stage, entry.state) for entry in runs(store)[0].stages] == [
        ("parse", "made"),
        ("generate", "made"),
        ("clean", "made"),
    ]
    assert "report" in output

    planned = succeeded("plan", "-c", config, "--set", "clean.duplicates.min_similarity=0.7")
    assert "generate  cached" in planned
    assert "clean     will run  clean.duplicates.min_similarity: 0.85 -> 0.7" in planned
    assert "mix       unknown   depends on what comes out of clean" in planned

    assert "reused" in succeeded("run", "-c", config, "--until", "clean")
    assert {entry.state for entry in runs(store)[0].stages} == {"reused"}
    forced = succeeded("run", "-c", config, "--until", "clean", "--force", "generate")
    assert forced
    assert [entry.state for entry in runs(store)[0].stages] == ["reused", "made", "reused"]

    assert succeeded("status", "-c", config).count("done") == 3
    assert "qa.jsonl" in succeeded("show", "clean", "-c", config)
    assert "left nothing out" in succeeded("show", "generate", "--rejects", "-c", config)
    assert "drawn at random" in succeeded("show", "parse", "-c", config)
    (tmp_path / "documents" / "empty.pdf").touch()
    succeeded("run", "-c", config, "--until", "parse")
    assert "empty.pdf" in succeeded("show", "parse", "--rejects", "-c", config)
    assert "and 1 more; --rows 1 shows all" in succeeded("show", "parse", "--rejects", "--rows", "0", "-c", config)
    assert "█" not in succeeded("show", "clean", "-c", config)
    assert "█" in succeeded("show", "clean", "--page", "-c", config)
    ref = store.latest("clean")
    assert ref is not None
    assert "qa.jsonl" in succeeded("show", ref.key[:10], "-c", config)

    rows = (store.path(ref) / "qa.jsonl").read_text(encoding="utf-8").splitlines()
    row = next(row for row in map(json.loads, rows) if row["origin"]["file"] == "水箱.md")
    traced = succeeded("lineage", row["id"], "-c", config)
    assert "from 水箱.md" in traced
    assert "no model was trained on it" in traced
    assert "from 水箱.md" in succeeded("lineage", "水箱.md", "-c", config)


def test_what_was_made_can_be_looked_at_when_the_model_is_gone(config: Path) -> None:
    succeeded("run", "-c", config, "--until", "parse")
    gone = ("-c", config, "--set", "sft.model.path=./gone")
    assert "parse" in succeeded("status", *gone)
    assert "sections" in succeeded("show", "parse", *gone)
    refused = graft("plan", *gone)
    assert (refused.exit_code, "./gone is no folder" in refused.output) == (2, True)


def test_a_plan_takes_names_with_brackets(config: Path, tmp_path: Path) -> None:
    succeeded("run", "-c", config, "--until", "parse")
    (tmp_path / "documents" / "a[bold].md").write_text("# New\n\nSize: 3 m\n", encoding="utf-8")
    (tmp_path / "documents" / "[").mkdir()
    (tmp_path / "documents" / "[" / "red]c.md").write_text("# Other\n\nSize: 4 m\n", encoding="utf-8")
    planned = succeeded("plan", "-c", config)
    assert "a[bold].md is new" in planned
    assert "[/red]c.md is new" in planned


def test_a_plan_says_what_no_price_was_given_for(config: Path) -> None:
    succeeded("run", "-c", config, "--until", "parse")
    asked = ("plan", "-c", config, "--set", "generate.teacher={kind: openai, model: m, api_key_env: null}")
    assert "no price of m is configured" in succeeded(*asked)
    assert "about 0.00 CNY" in succeeded(
        *asked, "--set", "generate.prices={m: {input: 0.1, output: 0}}", "--set", "generate.currency=CNY"
    )


def test_verify_and_gc(config: Path, tmp_path: Path) -> None:
    succeeded("run", "-c", config, "--until", "parse")
    assert "1 artifacts are whole, 0 damaged" in succeeded("verify", "-c", config)
    store = Store(tmp_path / "store")
    ref = store.latest("parse")
    assert ref is not None
    path = store.path(ref) / "sections.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("3 kg", "9 kg"), encoding="utf-8")
    broken = graft("verify", "-c", config)
    assert broken.exit_code == 1
    assert "was altered" in broken.output
    assert "Remove a damaged folder" in broken.output
    assert "Would remove 0 folders" in succeeded("gc", "-c", config, "--dry-run")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["run", "-c", "nowhere.yaml"], 2, "there is no such file"),
        (["run", "--set", "sft.epoch=3"], 2, "did you mean 'epochs'"),
        (["run", "--force", "sftt"], 2, "sftt"),
        (["run", "--until", "clen"], 2, "'clen' is not allowed; did you mean 'clean'? Allowed: 'parse', 'generate',"),
        (
            ["data", "export", "a.jsonl", "--format", "excel"],
            2,
            "'excel' is not allowed. Allowed: 'alpaca', 'sharegpt'",
        ),
        (["run", "--set", "parse.source=/nowhere/at/all"], 2, "/nowhere/at/all"),
        (["run", "--set", "sft.model.path=/nowhere/qwen"], 2, "sft.model.path: /nowhere/qwen is no folder"),
        (["run", "--set", "sft.model.path=models/my/qwen"], 2, "sft.model.path: models/my/qwen is no folder"),
        (["run", "--set", "sft.model.path=./configs"], 2, "config.json"),
        (["run", "--set", "mix.general=[{path: nowhere.jsonl}]"], 2, "nowhere.jsonl"),
        (["chat", "--stage", "parse"], 2, "choose sft or align"),
        (["fly"], 2, "No such command"),
        (["gc", "--keep", "0"], 2, "keep"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_told_without_a_traceback(words: list[str], code: int, told: str, tmp_path: Path) -> None:
    if words[0] == "run" and "-c" not in words:
        words = [*words, "--set", f"store={tmp_path / 'store'}"]
    result = graft(*words)
    assert result.exit_code == code, result.output
    assert told in " ".join(result.output.replace("│", "").split())  # out of a box that breaks lines
    assert "Traceback" not in result.output


def test_questions_about_what_is_not_there(config: Path) -> None:
    for words in (["status"], ["show", "sft"], ["lineage", "nothing"], ["chat", "-q", "Hm?"], ["chat", "--run", "x"]):
        result = graft(*words, "-c", config)
        assert result.exit_code == 1, words
        assert "store" in result.output
        assert "Traceback" not in result.output


def test_a_configured_server_that_is_down_is_told_at_once(config: Path) -> None:
    environment = os.environ | {"PREFECT_API_URL": "http://127.0.0.1:9/api"}
    command = [sys.executable, "-c", "from flows.cli import main; main()", "run", "-c", str(config), "--until", "parse"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "no Prefect server answers" in done.stderr
    assert "Traceback" not in done.stderr
