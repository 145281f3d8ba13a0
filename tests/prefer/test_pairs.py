"""Which answers make a pair, and the named reason where they make none."""

from __future__ import annotations

from typing import Any

import pytest

from artifacts.records import QAPair
from tasks.prefer.config import PreferConfig
from tasks.prefer.pairs import Choice, choose, judge
from tasks.prefer.prompts import ABSTENTION, Prompt
from tests.handmade import said

ROW = QAPair(
    id="1",
    fact="tank",
    question="How much does the tank of the pump hold?",
    answer="The tank of the pump holds 12 litres.",
    value="12 litres",
)
RIGHT, FALSE, OTHER = (f"The tank of the pump holds {n} litres." for n in (12, 15, 18))
UNKNOWN = ABSTENTION["en"]


def words(text: str) -> int:
    return len(text.split())


def chosen_from(own: list[str], base: list[str], row: QAPair = ROW, **dials: Any) -> Choice:
    prompt = Prompt(said("user", row.question), row)
    return choose(judge(prompt, own, base), words, PreferConfig(**dials))


def sides(choice: Choice) -> tuple[str, str, str, str]:
    assert choice.pair is not None
    pair = choice.pair
    return pair.chosen[0]["content"], pair.chosen_source, pair.rejected[0]["content"], pair.rejected_source


@pytest.mark.parametrize(
    ("own", "base", "expected", "kind"),
    [
        ([RIGHT, FALSE], [OTHER], (RIGHT, "tuned", FALSE, "tuned"), "right_over_false"),
        ([RIGHT, UNKNOWN, FALSE], [], (RIGHT, "tuned", FALSE, "tuned"), "right_over_false"),
        ([RIGHT, OTHER, FALSE, FALSE], [], (RIGHT, "tuned", FALSE, "tuned"), "right_over_false"),
        ([RIGHT, UNKNOWN], [FALSE], (RIGHT, "tuned", UNKNOWN, "tuned"), "right_over_abstention"),
        ([RIGHT], [FALSE], (RIGHT, "tuned", FALSE, "base"), "right_over_base"),
        ([FALSE], [OTHER], (ROW.answer, "reference", FALSE, "tuned"), "right_over_false"),
    ],
    ids=[
        "own_false",
        "false_before_abstention",
        "most_frequent",
        "own_abstention",
        "base",
        "reference",
    ],
)
def test_the_best_pair_is_taken(own: list[str], base: list[str], expected: tuple[str, ...], kind: str) -> None:
    choice = chosen_from(own, base)
    assert sides(choice) == expected
    assert choice.kind == kind
    assert choice.pair is not None
    assert 0.3 <= choice.pair.margin <= 1


def test_a_right_answer_that_rambles_is_not_chosen() -> None:
    rambling = f"{RIGHT} Paris is the capital of France, and the sky is blue, and so on and so forth."
    assert sides(chosen_from([rambling, FALSE], []))[1] == "reference"


@pytest.mark.parametrize(
    ("own", "row"),
    [
        (["The lid holds 15 litres.", UNKNOWN], ROW.model_copy(update={"answer": UNKNOWN, "value": ""})),
        (
            ["水箱的容量是15升。", ABSTENTION["zh"]],
            ROW.model_copy(update={"answer": ABSTENTION["zh"], "value": "", "language": "zh"}),
        ),
    ],
    ids=["en", "zh"],
)
def test_an_invention_about_a_made_up_thing_is_rejected(own: list[str], row: QAPair) -> None:
    choice = chosen_from(own, [], row)
    assert sides(choice) == (own[1], "tuned", own[0], "tuned")
    assert choice.kind == "abstention_over_invention"
    assert sides(chosen_from(own[:1], [], row))[:2] == (row.answer, "reference")


@pytest.mark.parametrize(
    ("rejected", "reason", "dials"),
    [
        ("", "empty", {}),
        ("The tank of the pump holds 1\ufffd litres.", "garbled", {}),
        ("The tank of the pump holds some 15 litres.", "unfinished", {"max_new_tokens": 8}),
        ("15.", "length_ratio", {}),
        (" ".join(["It holds 15 litres."] * 5), "length_ratio", {}),
        (FALSE, "near_equal", {"max_similarity": 0.8}),
        (UNKNOWN, "small_margin", {"min_margin": 0.9}),
    ],
)
def test_a_candidate_that_makes_no_pair_is_dropped_with_a_reason(
    rejected: str, reason: str, dials: dict[str, Any]
) -> None:
    choice = chosen_from([RIGHT, rejected], [], **dials)
    assert choice.pair is None
    assert [drop[0] for drop in choice.dropped] == [reason]


def test_the_base_may_abstain_from_what_it_was_not_taught() -> None:
    choice = chosen_from([RIGHT], [UNKNOWN])
    assert choice.pair is None
    assert [drop[0] for drop in choice.dropped] == ["base_abstains"]


def test_equal_but_for_spelling_is_no_pair() -> None:
    row = ROW.model_copy(update={"value": "no such value"})
    choice = chosen_from(["the  tank of the pump holds 12.0 Litres"], [], row)
    assert [drop[0] for drop in choice.dropped] == ["equal"]


def test_the_next_candidate_is_tried() -> None:
    choice = chosen_from([RIGHT, "15.", "15.", FALSE], [])
    assert sides(choice)[2] == FALSE
    assert [drop[0] for drop in choice.dropped] == ["length_ratio"]


def test_a_model_that_is_never_wrong_gives_no_pair_and_no_reject() -> None:
    assert chosen_from([RIGHT], [RIGHT]) == Choice()


def test_answers_that_differ_in_the_figure_alone_are_a_pair_by_default() -> None:
    assert chosen_from([RIGHT, FALSE], []).pair is not None
    row = ROW.model_copy(update={"answer": "水箱的容量是12升。", "value": "12升", "language": "zh"})
    assert chosen_from(["水箱的容量是12升。", "水箱的容量是15升。"], [], row).pair is not None
