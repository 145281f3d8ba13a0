"""A question for what stands under each heading of a document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from artifacts.records import QAPair
from artifacts.stage import StageError
from tasks.models.scripted import Request, ScriptedEndpoint
from tests.generate.school import dials, pairs, rejects, reply, run, section

CARE = (
    "Clean the filter every week with warm water. Never use soap, for it swells the seal. Dry it before it goes back."
)
STORAGE = "Store the pump dry, above 5 °C and away from the sun, with both caps on and the cable wound up loosely."
PUMP = section(
    f"## Care\n\n{CARE}\n\n## Colours\n\nIt is grey.\n\n## Storage\n\n{STORAGE}", "KX-200 Manual", file="kx.md"
)
WASHING = "水箱每周清洗一次，用温水，不得使用肥皂，否则密封圈会膨胀；清洗之后晾干再装回。"
TANK = section(f"## 保养\n\n{WASHING}", "TX 水箱手册", language="zh", file="手册.md")


def work(request: Request) -> str:
    system = request.messages[0]["content"]
    if "each part of a document says" not in system and "文档每个部分" not in system:
        return reply()
    rows: list[dict[str, Any]] = json.loads(request.prompt.split(">\n", 1)[1].rsplit("\n</", 1)[0])
    return reply(
        *(
            {"part": row["part"], "question": f"{row['document']} | {row['heading']}?", "answer": f"All: {row['text']}"}
            for row in rows
        )
    )


def made(root: Path, *sections: Any, **values: Any) -> tuple[list[QAPair], list[Request]]:
    seen: list[Request] = []

    def script(request: Request) -> str:
        seen.append(request)
        return work(request)

    with ScriptedEndpoint(script) as endpoint:
        found = run(root, dials(endpoint.url, **values), sections)
    assert {row.reason for row in rejects(*found)} <= {"no_facts"}
    return [row for row in pairs(*found) if row.kind == "heading"], seen


def test_each_part_is_asked_for_as_a_whole_in_one_call(tmp_path: Path) -> None:
    rows, seen = made(tmp_path, PUMP, TANK)
    assert [row.question for row in rows] == [
        "KX-200 Manual | Care?",
        "KX-200 Manual | Storage?",
        "TX 水箱手册 | 保养?",
    ]
    assert [row.answer for row in rows] == [f"All: {CARE}", f"All: {STORAGE}", f"All: {WASHING}"]
    assert len([request for request in seen if '"part": 1' in request.prompt]) == 2
    quote = rows[1].evidence[0]
    assert quote.start == PUMP.text.index(STORAGE)
    assert quote.text in STORAGE


def test_what_stands_under_no_heading_is_not_asked_for(tmp_path: Path) -> None:
    rows, seen = made(tmp_path, PUMP, section(CARE, file="bare.txt"))
    assert {row.origin.file for row in rows} == {"kx.md"}
    assert len([request for request in seen if '"part": 1' in request.prompt]) == 1


def test_headings_are_asked_for_only_where_the_configuration_says_so(tmp_path: Path) -> None:
    with ScriptedEndpoint(work) as endpoint:
        config = dials(endpoint.url, heading_questions=False)
        with pytest.raises(StageError, match="no row could be made"):
            run(tmp_path, config, [PUMP])
        assert not [request for request in endpoint.requests if '"part": 1' in request.prompt]
