"""What a second model says of the answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from artifacts.records import QAPair
from tasks.generate.grounding.ground import grounded
from tasks.generate.lesson import Lesson
from tasks.generate.taught import Candidate
from tasks.models.scripted import Answer, Failure
from tests.generate.school import PUMP, attend
from tests.generate.teachers import by_prompt

QUOTE = "Weight: 12 kg"
WORDINGS = [
    Candidate("fact", question, "The KX-200 weighs 12 kg.", (QUOTE,), fact="weight")
    for question in ("Weight of the KX-200?", "What does the KX-200 weigh?", "How heavy is the KX-200?")
]
OTHER = Candidate("fact", "Is the KX-200 light?", "The KX-200 is light.", (QUOTE,))


def judged(root: Path, judge: Any, candidates: list[Candidate]) -> tuple[list[QAPair], list[tuple[str, Any, str]]]:
    async def work(lesson: Lesson) -> list[QAPair]:
        return await grounded(lesson, candidates)

    rows, lesson, teacher = attend(root, by_prompt(), work, PUMP, judge=judge)
    assert teacher.requests == []
    return rows, lesson.rejects


def verdicts(*rows: dict[str, str]) -> Any:
    return by_prompt(
        judge=[
            {"row": number, "claims": [{"claim": claim, "verdict": verdict} for claim, verdict in row.items()]}
            for number, row in enumerate(rows, start=1)
        ]
    )


def test_wordings_of_one_answer_share_a_verdict(tmp_path: Path) -> None:
    seen = []

    def judge(request: Any) -> str:
        seen.append(request.prompt)
        return str(verdicts({"It weighs 12 kg": "Supported"}, {"It is light": "absent"})(request))

    rows, left_out = judged(tmp_path, judge, [*WORDINGS, OTHER])
    assert [row.question for row in rows] == [candidate.question for candidate in WORDINGS]
    ((reason, record, detail),) = left_out
    assert (reason, record["answer"]) == ("judged_absent", OTHER.answer)
    assert "It is light" in detail
    assert len(seen) == 1
    assert seen[0].count('"answer"') == 2
    assert "# Pumps\n## KX-200\n\nWeight: 12 kg" in seen[0]


def test_one_answer_to_two_things_is_judged_twice(tmp_path: Path) -> None:
    asked = [Candidate("study", f"How heavy is the {name}?", "12 kg", (QUOTE,)) for name in ("KX-200", "KX-300")]
    rows, left_out = judged(tmp_path, verdicts({"a": "supported"}, {"b": "contradicted"}), asked)
    assert [row.question for row in rows] == [asked[0].question]
    assert [(reason, record["question"]) for reason, record, _ in left_out] == [
        ("judged_contradicted", asked[1].question)
    ]


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"a": "supported", "b": "contradicted", "c": "absent"}, "judged_contradicted"),
        ({"a": "absent"}, "judged_absent"),
        ({}, "not_judged"),
    ],
)
def test_one_claim_that_is_not_supported_fails_the_row(claims: dict[str, str], reason: str, tmp_path: Path) -> None:
    rows, left_out = judged(tmp_path, verdicts(claims), WORDINGS[:2])
    assert rows == []
    assert [found for found, _, _ in left_out] == [reason, reason]
    assert left_out[0][1]["evidence"][0]["text"] == QUOTE


@pytest.mark.parametrize(
    "reply",
    ["No.", '{"items": [{"row": 7, "claims": []}]}', '{"items": [{"row": 1, "claims": [{"verdict": "fine"}]}]}'],
)
def test_what_the_judge_does_not_judge_is_not_trained(reply: str, tmp_path: Path) -> None:
    rows, left_out = judged(tmp_path, lambda request: reply, WORDINGS[:1])
    assert rows == []
    assert "not_judged" in {reason for reason, _, _ in left_out}


def test_a_judge_that_refuses_or_is_cut_off_leaves_rows_unjudged(tmp_path: Path) -> None:
    for name, response in (("refused", Failure(400)), ("cut", Answer('{"items": [{"row": 1', finish_reason="length"))):
        rows, left_out = judged(tmp_path / name, lambda request, response=response: response, WORDINGS[:1])
        assert rows == []
        assert left_out[-1][0] == "not_judged"


def test_without_a_judge_nobody_is_asked(tmp_path: Path) -> None:
    rows, left_out = judged(tmp_path, None, WORDINGS)
    assert len(rows) == 3
    assert left_out == []
