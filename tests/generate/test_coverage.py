"""Which sections and facts have rows, and what was left out of the others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tasks.models.scripted import Request, ScriptedEndpoint, teach_by_rule
from tests.generate.school import LEAVE, PUMP, TANK, dials, run, section

EMPTY = section("Nothing of note stands here.", "Foreword")


def coverage(tmp_path: Path, script: Any, **values: Any) -> tuple[dict[str, dict[str, Any]], dict[str, Any], str]:
    with ScriptedEndpoint(script) as server:
        store, made = run(tmp_path, dials(server.url, **values), [PUMP, LEAVE, TANK, EMPTY])
    folder = store.path(made.ref) / "about"
    lines = [json.loads(line) for line in (folder / "coverage.jsonl").read_text(encoding="utf-8").splitlines()]
    by_section = {line["section"]: line for line in lines}
    return by_section, store.manifest(made.ref).facts, (folder / "page.md").read_text(encoding="utf-8")


def test_each_section_is_told_of_with_its_facts_and_rows(tmp_path: Path) -> None:
    lines, facts, page = coverage(tmp_path, teach_by_rule)
    assert list(lines) == [PUMP.id, LEAVE.id, TANK.id, EMPTY.id]
    assert {fact["claim"] for fact in lines[TANK.id]["facts"]}
    assert all(fact["rows"] > 1 for fact in lines[PUMP.id]["facts"])
    assert (lines[EMPTY.id]["rows"], lines[EMPTY.id]["left_out"]) == (0, {"no_facts": 1})
    assert facts["sections"] == {"none": 1, "one": 0, "many": 3}
    assert facts["facts"] == {"none": 0, "one": 0, "many": 6, "control": 0}
    assert "Foreword" in page
    assert "no\\_facts" in page


def test_a_fact_without_rows_says_what_was_left_out(tmp_path: Path) -> None:
    def silent(request: Request) -> str:
        mute = '"reversed_answer"' in request.messages[0]["content"] and "12 kg" in request.prompt
        return '{"items": []}' if mute else str(teach_by_rule(request))

    lines, facts, page = coverage(tmp_path, silent)
    assert [fact["rows"] for fact in lines[PUMP.id]["facts"]] == [0, 0]
    assert lines[PUMP.id]["left_out"]
    assert facts["facts"]["none"] == 2
    assert "## facts without a row" in page


def test_control_facts_are_counted_apart(tmp_path: Path) -> None:
    _, facts, page = coverage(tmp_path, teach_by_rule, probes={"control_share": 0.5}, seed=0)
    assert facts["facts"]["control"] + facts["facts"]["many"] == 6
    if facts["facts"]["control"]:
        assert "probed and not trained" in page
