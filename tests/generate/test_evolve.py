"""Rows made harder, and further tasks in their manner."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from artifacts.records import QAPair
from tasks.generate.strategies.evolve import CHANGES, MOST
from tasks.models.scripted import Request, ScriptedEndpoint
from tests.generate.school import dials, pairs, rejects, reply, run, section

LINES = [f"The KX-{number} pump weighs {number} kg and needs oil every {number + 7} days." for number in range(20, 28)]
PUMPS = section("\n\n".join(LINES), "Pumps")
CHINESE = [f"{number} 号水箱的容量是 {number} 升，每 {number + 7} 天清洗一次。" for number in range(20, 28)]
TANKS = section("\n\n".join(CHINESE), "水箱", language="zh")


def asks(request: Request) -> str:
    """The prompt of a request, by the title of its reply's form."""
    title: str = request.body["response_format"]["json_schema"]["name"]
    return title


def rows_of(request: Request) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(
        request.prompt.split("<rows ", 1)[1].split(">\n", 1)[1].rsplit("\n</", 1)[0]
    )
    return rows


def direct(lines: list[str], question: str) -> str:
    numbers = [line.split("KX-")[1][:2] if "KX-" in line else line[:2] for line in lines]
    return reply(
        *(
            {
                "questions": [question.format(number), question.format(number) + "?"],
                "answer": line,
                "short_answer": number,
                "aliases": [],
                "evidence": [line],
            }
            for number, line in zip(numbers, lines, strict=True)
        )
    )


def harder(row: dict[str, Any], question: str | None = None, answer: str | None = None) -> dict[str, Any]:
    asked = f"{row['change']}: {row['question']}" if question is None else question
    said: str = row["answer"] if answer is None else answer
    return {"row": row["row"], "question": asked, "answer": said, "evidence": [row["answer"]]}


def made(
    root: Path, evolve: list[str], *items: dict[str, Any], chinese: bool = False, evolved: Any = None
) -> tuple[list[QAPair], list[str], list[Request]]:
    """Rows of the direct route and what is made of them: these items, or what `evolved` makes of the rows shown."""
    seen: list[Request] = []

    def script(request: Request) -> str:
        if "questions" in request.body["response_format"]["json_schema"]["schema"]["$defs"].get("Direct", {}).get(
            "properties", {}
        ):
            return direct(CHINESE, "{}号水箱的容量和清洗周期是多少") if chinese else direct(LINES, "What of the KX-{}")
        if "paraphrases" in str(request.body["response_format"]):
            return reply()
        seen.append(request)
        return reply(*(items if evolved is None else map(evolved, rows_of(request))))

    with ScriptedEndpoint(script) as endpoint:
        probes = {"control_share": 0}
        config = dials(endpoint.url, strategies=["direct"], heading_questions=False, evolve=evolve, probes=probes)
        found = run(root, config, [TANKS if chinese else PUMPS])
    ours = [row for row in pairs(*found) if row.kind in ("self_instruct", "evol_instruct")]
    return ours, [row.reason for row in rejects(*found)], seen


def test_a_few_rows_of_different_facts_are_made_harder(tmp_path: Path) -> None:
    rows, _, (request,) = made(tmp_path, ["evol_instruct"], evolved=harder)
    shown = rows_of(request)
    assert len(rows) == len(shown) == MOST
    assert len({row["answer"] for row in shown}) == MOST
    assert {row["change"] for row in shown} <= set(CHANGES)
    assert [row.wording for row in rows] == [row["change"] for row in shown]
    assert all(row.kind == "evol_instruct" and row.evidence for row in rows)


def test_the_same_rows_are_chosen_again(tmp_path: Path) -> None:
    first, _, _ = made(tmp_path / "a", ["evol_instruct"], evolved=harder)
    second, _, _ = made(tmp_path / "b", ["evol_instruct"], evolved=harder)
    assert first == second


def test_what_the_section_does_not_answer_or_was_not_changed_is_left_out(tmp_path: Path) -> None:
    def evolved(row: dict[str, Any]) -> dict[str, Any]:
        match row["row"]:
            case 1:
                return harder(row, answer="")
            case 2:
                return harder(row, question=row["question"])
            case _:
                return harder(row, answer=row["answer"].replace("kg", "kg or 99 kg"))

    rows, reasons, _ = made(tmp_path, ["evol_instruct"], evolved=evolved)
    assert not rows
    assert {"not_answerable", "not_evolved"} <= set(reasons)


def test_new_tasks_are_made_in_the_manner_of_the_rows(tmp_path: Path) -> None:
    items = [{"instruction": f"Advise on {line[4:9]}.", "answer": line, "evidence": [line]} for line in LINES]
    rows, reasons, (request,) = made(tmp_path, ["self_instruct"], *items)
    assert [row.question for row in rows] == [item["instruction"] for item in items[:MOST]]
    assert reasons.count("over_max_evolved") == len(items) - MOST
    assert len(rows_of(request)) == MOST
    assert f"at most {MOST}" in request.messages[0]["content"]


def test_a_new_task_is_grounded_like_any_row(tmp_path: Path) -> None:
    invented = {"instruction": "Which pump is red?", "answer": "The KX-20.", "evidence": ["The KX-20 pump is red."]}
    rows, reasons, _ = made(tmp_path, ["self_instruct"], invented)
    assert not rows
    assert "evidence_not_in_section" in reasons


def test_chinese_rows_evolve_in_chinese(tmp_path: Path) -> None:
    rows, _, (request,) = made(
        tmp_path,
        ["evol_instruct"],
        chinese=True,
        evolved=lambda row: harder(row, question=f"为什么要知道{row['question']}？"),
    )
    assert len(rows) == MOST
    assert {row.language for row in rows} == {"zh"}
    assert "考题" in request.messages[0]["content"]


def test_both_evolutions_are_asked_for_once_a_section(tmp_path: Path) -> None:
    _, _, seen = made(tmp_path, ["self_instruct", "evol_instruct"], evolved=None)
    assert len(seen) == 2
