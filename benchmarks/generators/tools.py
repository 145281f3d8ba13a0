"""How each tool is started, and where it leaves its rows."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from artifacts.store import Store
from benchmarks.generators.endpoint import PROMPT

DRIVERS = Path(__file__).parent / "drivers"
DISTRIBUTIONS = {
    "curator": "bespokelabs-curator",
    "sdg_hub": "sdg-hub",
    "distilabel": "distilabel",
    "synthetic_data_kit": "synthetic-data-kit",
}
GRAFT = [sys.executable, "-c", "from flows.cli import main; main()"]
ONE_REQUEST = {"strategies": ["direct"], "heading_questions": False, "probes": {"paraphrases": 0}}  # a section
QUIET = {  # nothing is sent anywhere but to the endpoint
    "TELEMETRY_ENABLED": "false",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "DO_NOT_TRACK": "1",
    "TQDM_DISABLE": "1",
}


@dataclass
class Made:
    """What a run left behind."""

    rows: list[tuple[str, str]]  # section and question
    explained: set[str]  # sections that the tool names with a reason for what they lack


class Graft:
    """This project, by its command."""

    graft, version = True, ""

    def __init__(self, name: str, generate: dict[str, Any]) -> None:
        self.name, self.generate = name, generate

    def command(self, documents: Path, folder: Path, url: str, concurrency: int, until: str = "generate") -> list[str]:
        write_config(folder, documents, url, concurrency, self.generate)
        return [*GRAFT, "run", "-c", "config.yaml", "--until", until]

    def environment(self, folder: Path) -> dict[str, str]:
        return {}

    def made(self, folder: Path) -> Made:
        store = Store(folder / "store")
        ref = store.latest("generate")
        if ref is None:
            return Made([], set())
        out = store.path(ref)
        rows = [(row["origin"]["section"], row["question"]) for row in _lines(out / "qa.jsonl")]
        rejects = (out / "about" / "rejects.jsonl").read_text(encoding="utf-8")
        sections = [row["id"] for row in _lines(_sections_file(store))]
        return Made(rows, {section for section in sections if section in rejects})


def write_config(folder: Path, documents: Path, url: str, concurrency: int, generate: dict[str, Any]) -> None:
    teacher = {"kind": "openai", "base_url": url, "model": "scripted", "api_key_env": None, "concurrency": concurrency}
    values = {
        "name": "benchmark",
        "store": str(folder / "store"),
        "parse": {"source": str(documents), "min_tokens": 0},  # a section for each heading
        "generate": {**generate, "teacher": teacher},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")


def sections_of(documents: Path, folder: Path) -> list[dict[str, Any]]:
    """The sections that Graft reads, which the others are given too."""
    write_config(folder, documents, "http://localhost/v1", 1, {})
    command = [*GRAFT, "parse", "-c", "config.yaml", "--format", "jsonl"]
    printed = subprocess.run(command, cwd=folder, check=True, capture_output=True, encoding="utf-8").stdout
    return [json.loads(line) for line in printed.splitlines()]


class Foreign:
    """Another tool, by its driver and the Python of its environment."""

    graft = False

    def __init__(self, name: str, python: str) -> None:
        self.name, self.python = name, python
        asked = f"import importlib.metadata as m; print(m.version({DISTRIBUTIONS[name]!r}))"
        self.version = subprocess.run(
            [python, "-c", asked], check=True, capture_output=True, encoding="utf-8"
        ).stdout.strip()

    def command(self, documents: Path, folder: Path, url: str, concurrency: int) -> list[str]:
        workplace = folder / "parse"
        workplace.mkdir(exist_ok=True)
        sections = [{"id": one["id"], "text": one["text"]} for one in sections_of(documents, workplace)]
        job = {"url": url, "concurrency": concurrency, "prompt": PROMPT, "sections": sections}
        (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        for name in ("rows.jsonl", "left_out.jsonl"):
            (folder / name).unlink(missing_ok=True)
        # -P: the driver's folder is not searched, where a driver has the name of what it imports
        return [self.python, "-P", str(DRIVERS / f"{self.name}.py")]

    def environment(self, folder: Path) -> dict[str, str]:
        return {**QUIET, "HOME": str(folder)}  # what a tool keeps for the user is new for each run

    def made(self, folder: Path) -> Made:
        rows = [(row["section"], row.get("question", "")) for row in _lines(folder / "rows.jsonl")]
        return Made(rows, {row["section"] for row in _lines(folder / "left_out.jsonl")})


Tool = Graft | Foreign


def _sections_file(store: Store) -> Path:
    ref = store.latest("parse")
    assert ref is not None
    return store.path(ref) / "sections.jsonl"


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
