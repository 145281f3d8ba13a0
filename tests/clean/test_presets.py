"""The presets on rows written by hand: what is good stays as it is, what is bad goes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from artifacts.records import QAPair
from tasks.clean.config import CleanConfig
from tasks.clean.rows import Outcome
from tasks.clean.steps import steps

ROWS = Path(__file__).parent / "rows"
LEAST = {"good": 40, "bad": 25}  # rows of a language


class Row(BaseModel):
    row: str
    question: str
    answer: str
    repaired: tuple[str, str] | None = None  # what a mapper makes of question and answer


def rows(language: str) -> list[Row]:
    lines = (ROWS / f"{language}.jsonl").read_text(encoding="utf-8").splitlines()
    return list(map(Row.model_validate_json, lines))


@pytest.fixture(scope="module", params=["clean-mixed en", "clean-mixed zh", "clean-en en", "clean-zh zh"])
def judged(request: pytest.FixtureRequest) -> list[tuple[Row, Outcome]]:
    preset, language = request.param.split()
    given = rows(language)
    texts = [{"question": each.question, "answer": each.answer} for each in given]
    pairs = [QAPair(id=str(n), fact=str(n), language=language, **text) for n, text in enumerate(texts)]
    config: dict[str, Any] = {"preset": preset}
    return list(zip(given, steps(CleanConfig(**config))(pairs), strict=True))


def test_good_rows_stay_and_are_not_rewritten(judged: list[tuple[Row, Outcome]]) -> None:
    good = [(row, outcome) for row, outcome in judged if row.row == "good"]
    assert len(good) >= LEAST["good"]
    assert [(row.answer, outcome.left) for row, outcome in good if outcome.left] == []
    wanted = [row.repaired or (row.question, row.answer) for row, _ in good]
    assert [(outcome.pair.question, outcome.pair.answer) for _, outcome in good] == wanted


def test_bad_rows_go_and_say_why(judged: list[tuple[Row, Outcome]]) -> None:
    bad = [(row, outcome) for row, outcome in judged if row.row == "bad"]
    assert len(bad) >= LEAST["bad"]
    assert [(row.question[:60], row.answer[:60]) for row, outcome in bad if outcome.left is None] == []
    assert all(outcome.left and outcome.left.detail for _, outcome in bad)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_rows_are_all_different(language: str) -> None:
    texts = [json.dumps([row.question, row.answer]) for row in rows(language)]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_published_thresholds_drop_good_rows(language: str) -> None:
    """data-juicer's defaults, so that the presets are known to be needed."""
    published = ["text_length_filter", "words_num_filter", {"alphanumeric_filter": {"min_ratio": 0.8}}]
    config: dict[str, Any] = {
        "operators": [{each: {"guard": False}} if each == "words_num_filter" else each for each in published]
    }
    good = [row for row in rows(language) if row.row == "good"]
    pairs = [QAPair(id=str(n), fact="", question=row.question, answer=row.answer) for n, row in enumerate(good)]
    kept = [outcome for outcome in steps(CleanConfig(**config))(pairs) if outcome.left is None]
    assert len(kept) < len(good) / 2
