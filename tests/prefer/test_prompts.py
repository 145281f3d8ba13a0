"""Which questions are asked."""

from __future__ import annotations

import pytest

from artifacts.records import Conversation, QAPair, Section
from artifacts.stage import StageError
from tasks.generate.probing.invented import unanswerable
from tasks.models.language.match import is_abstention, normalise
from tasks.prefer.prompts import Prompt, trained_prompts, unanswerable_prompts
from tests.handmade import said

PAIRS = {
    f"{fact}-{wording}": QAPair(
        id=f"{fact}-{wording}",
        fact=str(fact),
        question=f"水箱{fact}的容量，问法{wording}？" if fact % 4 == 0 else f"Tank {fact}, asked in way {wording}?",
        answer=f"{fact} litres.",
        language="zh" if fact % 4 == 0 else "en",
    )
    for fact in range(8)
    for wording in range(4)
}
ROWS = [
    Conversation(id=name, messages=(*said("user", row.question), *said("assistant", row.answer)), source="domain")
    for name, row in PAIRS.items()
]
GENERAL = Conversation(id="g", messages=(*said("user", "Hi"), *said("assistant", "Hello")), source="chat")


def asked(wordings: int = 2, most: int = 99, seed: int = 0) -> list[Prompt]:
    return trained_prompts([GENERAL, *ROWS, *ROWS], PAIRS, wordings=wordings, most=most, seed=seed)


def test_every_fact_is_asked_before_any_is_asked_again() -> None:
    facts = [prompt.row.fact for prompt in asked(wordings=3)]
    assert len(facts) == 24
    assert all(len(set(facts[start : start + 8])) == 8 for start in (0, 8, 16))
    assert len({prompt.row.id for prompt in asked(wordings=3)}) == 24


def test_the_sample_is_seeded_and_bounded() -> None:
    assert asked(most=5) == asked(most=5)
    assert len(asked(most=5)) == 5
    assert asked(most=5) != asked(most=5, seed=1)


def test_a_prompt_is_the_conversation_up_to_its_answer() -> None:
    for prompt in asked():
        assert prompt.messages == said("user", prompt.row.question)


def test_a_row_that_clean_does_not_hold_is_an_error() -> None:
    with pytest.raises(StageError, match="not in clean"):
        trained_prompts(ROWS, {}, wordings=1, most=1, seed=0)


def test_made_up_things_are_asked_in_the_languages_of_the_data_and_stand_nowhere() -> None:
    found = unanswerable_prompts(40, asked(), PAIRS.values(), 0)
    assert len({prompt.row.question for prompt in found}) == 40
    assert 2 <= sum(prompt.row.language == "zh" for prompt in found) <= 20  # a quarter of the trained ones are
    assert all(is_abstention(prompt.row.answer) and not prompt.answerable for prompt in found)
    known = [prompt.row for prompt in found]
    again = unanswerable_prompts(40, asked(), known, 0)
    assert not {prompt.row.question for prompt in again} & {row.question for row in known}


def test_they_are_not_what_the_evaluation_asks() -> None:
    sections = [Section(id=name, document="d", file="f", text="x", language=name) for name in ("en", "zh")]
    probes = {normalise(probe.question) for probe in unanswerable(200, lambda: iter(sections), seed=0)}
    trained = {normalise(prompt.row.question) for prompt in unanswerable_prompts(200, asked(), [], 0)}
    assert len(probes) == len(trained) == 200
    assert not probes & trained


def test_without_trained_questions_none_is_made_up() -> None:
    assert unanswerable_prompts(5, [], [], 0) == []


def test_an_answer_is_judged_by_what_was_trained() -> None:
    row = QAPair(id="1", fact="a", question="How many?", answer="4 tanks.", reasoning="2 + 2.")
    trained = Conversation(
        id="1", messages=(*said("user", "How many?"), *said("assistant", row.reply("think"))), source="domain"
    )
    (prompt,) = trained_prompts([trained], {"1": row}, wordings=1, most=1, seed=0)
    assert prompt.row.answer == "<think>\n2 + 2.\n</think>\n\n4 tanks."
