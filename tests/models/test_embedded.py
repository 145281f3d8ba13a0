"""The toy base model: its rows, its weights, and that it is what it says."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from artifacts.progress import Progress
from tasks.models.config import EMBEDDED_FOLDER, ModelConfig
from tasks.models.embedded.general import Row, knowledge, sample, unknown_row, world, write_files
from tasks.models.embedded.make import make
from tasks.models.local import answer, as_prompt, load_model, load_tokenizer

ROOT = Path(__file__).parents[2]


def test_held_out_wordings_are_in_no_row_to_train_on() -> None:
    train, held_out = knowledge()
    assert {row.question for row in train}.isdisjoint(row.question for row in held_out)
    drawn = {row.question for row in sample(20_000, seed=0)}
    assert drawn.isdisjoint(row.question for row in held_out)


def test_rows_are_the_same_for_a_seed_and_in_both_languages() -> None:
    rows = sample(2000, seed=3)
    assert rows == sample(2000, seed=3)
    assert rows != sample(2000, seed=4)
    chinese = sum(row.language == "zh" for row in rows) / len(rows)
    assert 0.4 < chinese < 0.5
    unknown = {row.answer for row in rows if row.category == "unknown"}
    assert unknown == {"I do not have that information.", "我没有这方面的信息。"}


def test_the_bundled_general_set_is_what_the_command_writes(tmp_path: Path) -> None:
    write_files(tmp_path)
    for name in ("train.jsonl", "heldout.jsonl"):
        assert (tmp_path / name).read_bytes() == (ROOT / "examples" / "general" / name).read_bytes()


def test_the_toy_was_taught_no_fact_of_the_sample_documents() -> None:
    facts = [json.loads(line) for line in (ROOT / "examples" / "facts.jsonl").read_text(encoding="utf-8").splitlines()]
    rows: list[Row] = [*sample(40_000, seed=0), *knowledge()[0]]
    words = "\n".join(f"{row.question}\n{row.answer}" for row in rows).lower()
    for subject in {fact["subject"].lower() for fact in facts}:
        assert subject not in words
    assert {fact.entity.lower() for fact in world(77)}.isdisjoint(fact["subject"].lower() for fact in facts)


def test_the_weights_are_small_and_safe() -> None:
    files = list(EMBEDDED_FOLDER.iterdir())
    assert sum(path.stat().st_size for path in files) <= 6_000_000
    assert {path.suffix for path in files} <= {".json", ".jinja", ".safetensors"}


def test_the_toy_knows_what_it_was_taught_and_says_when_it_does_not() -> None:
    config = ModelConfig()
    model, tokenizer = load_model(config), load_tokenizer(config)
    measured = json.loads((EMBEDDED_FOLDER / "training.json").read_text())["held_out"]
    for language in ("en", "zh"):
        rows = [row for row in knowledge()[1] if row.language == language][:150]
        replies = answer(model, tokenizer, [as_prompt(row.question) for row in rows], max_new_tokens=40)
        right = sum(reply[0] == row.answer for reply, row in zip(replies, rows, strict=True)) / len(rows)
        assert right > measured[language] - 0.1
    draw = random.Random(99)
    unknown = [unknown_row(draw, language) for language in ("en", "zh") for _ in range(60)]
    replies = answer(model, tokenizer, [as_prompt(row.question) for row in unknown], max_new_tokens=40)
    assert sum(reply[0] == row.answer for reply, row in zip(replies, unknown, strict=True)) > 0.85 * len(unknown)


@pytest.mark.slow
def test_the_command_makes_a_model_that_loads(tmp_path: Path) -> None:
    measured = make(tmp_path, progress=Progress(terminal=False), steps=3)
    assert measured["parameters"] < 3_000_000
    config = ModelConfig(path=str(tmp_path))
    model = load_model(config)
    assert answer(model, load_tokenizer(config), [as_prompt("Hi.")], max_new_tokens=3)
    assert json.loads((tmp_path / "training.json").read_text())["steps"] == 3
