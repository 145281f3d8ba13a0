"""The base model's own answers in place of those that general rows have."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from configs.schema import load
from tasks.mix import replay
from tasks.mix.config import MixConfig
from tasks.models.config import ModelConfig
from tasks.models.local import Reply
from tests.mix.conftest import Run, Save, pairs, said

QUESTIONS = ("What is the capital of France?", "法国的首都是哪里？", "What is the colour of snow?", "What is 2 and 3?")
ASKED = [{"messages": [said("user", text), said("assistant", "Something else.")]} for text in QUESTIONS]
DIALS: dict[str, Any] = {"validation_share": 0, "retention_rows": 0, "match_languages": False, "replay": "self"}


def test_the_base_model_answers_and_is_not_asked_twice(mixed: Run, save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save("g.jsonl", ASKED)
    result = mixed(pairs(6), path, **DIALS)
    assert len(result.general()) == len(ASKED)
    answers = {row.messages[0]["content"]: row.messages[1]["content"] for row in result.general()}
    assert "Paris" in answers[QUESTIONS[0]]
    assert "Something else." not in answers.values()
    assert result.manifest.models["replay"].startswith("embedded sha256:")

    def gone(*args: Any) -> Any:
        raise AssertionError("the memo has the answers")

    monkeypatch.setattr(replay, "load_model", gone)
    again = mixed(pairs(9), path, **DIALS)
    assert {row.id: row for row in again.general()} == {row.id: row for row in result.general()}


def test_an_answer_that_does_not_end_is_a_reject_and_another_row_is_drawn(mixed: Run, save: Save) -> None:
    result = mixed(pairs(3), save("g.jsonl", ASKED), **{**DIALS, "domain_share": 0.75, "replay": {"max_new_tokens": 1}})
    assert {reject.reason for reject in result.rejects} == {"replay_cut_off"}
    assert len(result.rejects) == len(ASKED), "each was tried in place of the one before"
    assert result.rejects[0].detail.startswith("the base model says: ")
    assert any("there are 0 general rows where 1 are needed" in note for note in result.manifest.notes)


def test_each_turn_of_a_talk_is_answered_in_the_models_own_words(
    mixed: Run, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def answer(model: Any, tokenizer: Any, prompts: Sequence[Any], **dials: Any) -> list[list[Reply]]:
        asked.extend([turn["content"] for turn in prompt] for prompt in prompts)
        return [[Reply("" if prompt[-1]["content"] == "silent" else f"own {len(prompt)}", True)] for prompt in prompts]

    monkeypatch.setattr(replay, "load_model", lambda config: None)
    monkeypatch.setattr(replay, "replies", answer)
    talk = [said("system", "s"), said("user", "a"), said("assistant", "b"), said("user", "c"), said("assistant", "d")]
    silent = [said("user", "silent"), said("assistant", "x"), said("user", "more"), said("assistant", "y")]
    result = mixed(pairs(6), save("g.jsonl", [{"messages": talk}, {"messages": silent}]), **DIALS)
    assert asked == [["s", "a"], ["silent"], ["s", "a", "own 2", "c"]]
    (row,) = result.general()
    assert [message["content"] for message in row.messages] == ["s", "a", "own 2", "c", "own 4"]
    assert [reject.reason for reject in result.rejects] == ["replay_empty"]


def test_the_model_is_that_of_sft(tiny_model: ModelConfig) -> None:
    path = tiny_model.path
    assert MixConfig.model_validate({"replay": "self"}).replay is not None
    config = load(None, ["mix.replay=self", "mix.tokens=5000", f"sft.model.path={path}"])
    assert config.mix.replay is not None
    assert (config.mix.replay.model.path, config.mix.tokenizer) == (path, path)
    assert "replay model" in config.mix.outside()
    own = load(None, ["mix.replay={model: {path: embedded}, max_new_tokens: 9}", f"sft.model.path={path}"])
    assert own.mix.replay is not None
    assert (own.mix.replay.model.path, own.mix.replay.max_new_tokens) == ("embedded", 9)
    assert not load(None, [f"sft.model.path={path}"]).mix.tokenizer, "no key changes where no token is counted"


def test_another_model_makes_the_mix_anew(tmp_path: Path, tiny_model: ModelConfig) -> None:
    one, other = (MixConfig.model_validate({"replay": {"model": model}}) for model in ({}, {"path": tiny_model.path}))
    assert one.outside() != other.outside()
