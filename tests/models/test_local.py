"""Local models: what can't be loaded is explained, and answers are the model's own words and no thoughts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import trl

from artifacts.stage import StageError
from tasks.models.config import ModelConfig
from tasks.models.language.match import is_cut_thought
from tasks.models.local import answer, as_prompt, load_model, load_tokenizer, pinned, render, without_thoughts
from tasks.sft.template import training_template

PROMPTS = [as_prompt("What is the capital of France?"), as_prompt("水箱的容量是多少？")]
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def copy(tiny_model: ModelConfig, tmp_path: Path) -> ModelConfig:
    shutil.copytree(tiny_model.path, tmp_path / "model")
    return ModelConfig(path=str(tmp_path / "model"))


@pytest.mark.parametrize(
    ("load", "name", "content"),
    [
        (load_model, "config.json", b"{"),
        (load_model, "model.safetensors", None),
        (load_model, "model.safetensors", b"half"),
        (load_tokenizer, "tokenizer.json", b"{}"),
    ],
    ids=["config", "no_weights", "half_weights", "tokenizer"],
)
def test_a_broken_folder_is_named(
    copy: ModelConfig, load: Callable[[ModelConfig], object], name: str, content: bytes | None
) -> None:
    path = Path(copy.path) / name
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StageError, match=r"sft\.model") as raised:
        load(copy)
    assert copy.path in str(raised.value)


def test_of_a_hub_model_the_commit_is_kept(
    tiny_model: ModelConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    cached = tmp_path / "models--some--model"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text(COMMIT, encoding="ascii")
    shutil.copytree(tiny_model.path, cached / "snapshots" / COMMIT)
    found = pinned(ModelConfig(path="some/model"))
    assert found == ModelConfig(path="some/model", revision=COMMIT)
    assert pinned(found) == found
    assert pinned(tiny_model) == tiny_model
    assert load_tokenizer(found).chat_template == load_tokenizer(tiny_model).chat_template
    for load in (load_model, load_tokenizer, pinned):
        with pytest.raises(StageError, match=r"other/model.* can't be loaded"):
            load(ModelConfig(path="other/model"))


def test_a_hybrid_model_is_asked_as_it_is_trained_without_thoughts(tiny_model: ModelConfig) -> None:
    tokenizer = load_tokenizer(tiny_model)
    templates = Path(trl.__file__).parent / "chat_templates"
    tokenizer.chat_template = (templates / "qwen3.jinja").read_text(encoding="utf-8")
    asked = render(tokenizer, PROMPTS[0])
    assert asked.endswith("<think>\n\n</think>\n\n")
    turns = [*PROMPTS[0], {"role": "assistant", "content": "Paris."}]
    for template in (training_template(tokenizer), tokenizer.chat_template):
        trained = tokenizer.apply_chat_template(turns, tokenize=False, chat_template=template)
        assert trained.startswith(f"{asked}Paris.")


def test_thoughts_are_no_part_of_a_reply() -> None:
    assert without_thoughts("<think>\nTwelve?\n</think>\n\n 12 litres. ") == "12 litres."
    assert without_thoughts(" 12升。") == "12升。"
    assert is_cut_thought(without_thoughts(" <think>\nThe tank may hold 12 litres"))
    assert not is_cut_thought(without_thoughts("<think></think>12"))


def test_the_models_own_decoding_is_not_used(tiny_model: ModelConfig) -> None:
    model, tokenizer = load_model(tiny_model), load_tokenizer(tiny_model)
    plain = answer(model, tokenizer, PROMPTS, max_new_tokens=12)
    model.generation_config.update(repetition_penalty=9.0, no_repeat_ngram_size=1)
    assert answer(model, tokenizer, PROMPTS, max_new_tokens=12) == plain


def test_without_a_token_for_padding_a_batch_is_answered_alike(copy: ModelConfig, tiny_model: ModelConfig) -> None:
    path = Path(copy.path) / "tokenizer_config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    del settings["pad_token"]
    path.write_text(json.dumps(settings), encoding="utf-8")
    model, tokenizer = load_model(tiny_model), load_tokenizer(copy)
    assert tokenizer.pad_token == tokenizer.eos_token
    alone = [answer(model, load_tokenizer(tiny_model), [prompt], max_new_tokens=8)[0] for prompt in PROMPTS]
    assert answer(model, tokenizer, PROMPTS, max_new_tokens=8) == alone
