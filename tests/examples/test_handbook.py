"""The sample documents are what their script makes, and they state enough that nobody could have known."""

from __future__ import annotations

import json
import runpy
from collections import Counter
from pathlib import Path

from tasks.parse.blocks import Options
from tasks.parse.read import read
from tests.source import ROOT

EXAMPLES = ROOT / "examples"
FACTS = [json.loads(line) for line in (EXAMPLES / "facts.jsonl").read_text(encoding="utf-8").splitlines()]


def documents(folder: Path) -> dict[str, list[tuple[str, str, int]]]:
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): [
            (block.kind, block.text, block.level) for block in read(path, Options()).blocks
        ]
        for path in paths
    }


def test_the_script_makes_the_same_documents_again(tmp_path: Path) -> None:
    runpy.run_path(str(EXAMPLES / "make_handbook.py"))["main"](tmp_path)
    assert documents(tmp_path / "handbook") == documents(EXAMPLES / "handbook")
    assert (tmp_path / "facts.jsonl").read_text(encoding="utf-8") == (EXAMPLES / "facts.jsonl").read_text(
        encoding="utf-8"
    )


def test_there_are_facts_in_both_languages_and_all_formats() -> None:
    counts = Counter(fact["language"] for fact in FACTS)
    assert counts["en"] >= 50
    assert counts["zh"] >= 30
    assert {Path(fact["file"]).suffix for fact in FACTS} == {".pdf", ".docx", ".pptx", ".md", ".txt"}


def test_a_thing_has_one_value_for_a_property() -> None:
    assert len({(fact["subject"], fact["attribute"]) for fact in FACTS}) == len(FACTS)


def test_the_general_rows_know_none_of_the_subjects() -> None:
    general = "".join(path.read_text(encoding="utf-8") for path in (EXAMPLES / "general").glob("*.jsonl"))
    assert not [fact["subject"] for fact in FACTS if fact["subject"] in general]
