"""Answers that are remembered are those that would be given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from artifacts.memo import Memo
from artifacts.records import Message
from tasks.models.answers import KIND, Decoding, remembered_answers
from tasks.models.config import ModelConfig
from tasks.models.local import Model, answer, as_prompt, load_model, load_tokenizer

PROMPTS = [as_prompt(f"{'水箱' * (n % 3)} How many litres are {n}?") for n in range(7)]
GREEDY = Decoding(max_new_tokens=6)
DRAWN = Decoding(max_new_tokens=6, samples=3, temperature=1.0)

Ask = Callable[..., list[list[str]]]


@pytest.fixture
def ask(tiny_model: ModelConfig, tmp_path: Path) -> Ask:
    tokenizer, model = load_tokenizer(tiny_model), load_model(tiny_model)

    def asked(
        prompts: list[list[Message]],
        decoding: Decoding,
        memo: str = "memo",
        load: Callable[[], Model] = lambda: model,
        weights: str = "tiny",
        batch_size: int = 3,
        afresh: bool = False,
        **how: str,
    ) -> list[list[str]]:
        kept = Memo(tmp_path / memo)
        config = tiny_model.model_copy(update=how)
        return remembered_answers(
            kept,
            weights,
            config,
            load,
            tokenizer,
            prompts=prompts,
            decoding=decoding,
            batch_size=batch_size,
            afresh=afresh,
        )

    return asked


def no_model() -> Model:
    raise AssertionError("a model was loaded though every answer is known")


@pytest.mark.parametrize("decoding", [GREEDY, DRAWN], ids=["greedy", "drawn"])
def test_what_is_known_needs_no_model(ask: Ask, decoding: Decoding) -> None:
    first = ask(PROMPTS, decoding)
    assert ask(PROMPTS, decoding, load=no_model) == first
    assert all(len(texts) == decoding.samples for texts in first)


@pytest.mark.parametrize(
    "other",
    [{"weights": "other"}, {"attention": "eager"}, {"dtype": "bfloat16"}, {"batch_size": 2}, {"afresh": True}],
    ids=lambda other: next(iter(other)),
)
def test_what_can_change_an_answer_asks_again(ask: Ask, other: dict[str, Any]) -> None:
    ask(PROMPTS, GREEDY)
    with pytest.raises(AssertionError):
        ask(PROMPTS, GREEDY, load=no_model, **other)


def test_another_version_of_the_code_asks_again(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(PROMPTS, GREEDY)
    monkeypatch.setattr("tasks.models.answers.VERSION", 0)
    with pytest.raises(AssertionError):
        ask(PROMPTS, GREEDY, load=no_model)


def test_greedy_answers_are_those_of_the_model_in_the_order_of_the_prompts(ask: Ask, tiny_model: ModelConfig) -> None:
    tokenizer, model = load_tokenizer(tiny_model), load_model(tiny_model)
    ask(PROMPTS[:2], GREEDY)
    alone = [answer(model, tokenizer, [prompt], max_new_tokens=6)[0] for prompt in PROMPTS]
    assert ask(PROMPTS, GREEDY) == alone


def test_drawn_answers_do_not_hang_on_what_was_known_before(ask: Ask) -> None:
    ask(PROMPTS[2:4], DRAWN, "warm")
    assert ask(PROMPTS, DRAWN, "warm") == ask(PROMPTS, DRAWN, "cold")


def test_a_batch_that_a_kill_cut_short_is_drawn_alike(ask: Ask, tmp_path: Path) -> None:
    whole = ask(PROMPTS, DRAWN)
    memo = Memo(tmp_path / "memo")
    memo._db.execute("DELETE FROM items WHERE rowid % 2 = 0")
    assert 0 < memo.count(KIND) < len(PROMPTS)
    assert ask(PROMPTS, DRAWN) == whole


def test_another_seed_or_temperature_is_another_answer(ask: Ask) -> None:
    assert ask(PROMPTS, DRAWN) != ask(PROMPTS, Decoding(max_new_tokens=6, samples=3, temperature=1.0, seed=1))
    assert ask(PROMPTS, DRAWN) != ask(PROMPTS, Decoding(max_new_tokens=6, samples=3, temperature=0.5))
