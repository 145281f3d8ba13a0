"""What models think of rows: the numbers are those of the model itself, whatever stands beside a row in its batch."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import pytest
import torch
from torch.nn.functional import cosine_similarity, cross_entropy

from artifacts.memo import Memo
from artifacts.records import Message
from artifacts.stage import SettingError, StageError
from tasks.models.config import ModelConfig, reward_identity, tuned_identity
from tasks.models.local import load_model, load_tokenizer, render
from tasks.models.scoring.embeddings import Embeddings
from tasks.models.scoring.losses import ANSWER, AnswerLoss, Losses
from tasks.models.scoring.reader import causal_reader
from tasks.models.scoring.rewards import Rewards, reward_reader
from tests.sizes import Sizes

PAST_ROUNDING = 2e-5  # two numbers that were rounded at the fifth decimal


def talk(*turns: str) -> list[Message]:
    return [{"role": ("user", "assistant")[n % 2], "content": turn} for n, turn in enumerate(turns)]


TALKS = [
    talk("What is the capital of France?", "The capital of France is Paris."),
    talk("水箱的容量是多少？", "水箱的容量是十二升。"),
    talk("How many?", "Twelve."),
    talk("The tank?", "It holds 12 litres.", "And how many litres is that in all, over the whole year?", "水箱的容量"),
    talk("法国的首都是哪里？" * 4, "巴黎。"),
]


def losses(memo: Memo, model: ModelConfig, *, max_length: int = 1024, batch_size: int = 8) -> Losses:
    return Losses(causal_reader(memo, model, Sizes(max_length, batch_size)))


def by_hand(model: ModelConfig, before: str, text: str) -> float:
    """The mean loss of a text's tokens after others, one row and no padding."""
    tokenizer, loaded = load_tokenizer(model), load_model(model).eval()
    head, tail = (tokenizer(part, add_special_tokens=False)["input_ids"] for part in (before, text))
    ids = torch.tensor([head + tail])
    with torch.inference_mode():
        logits = loaded(input_ids=ids).logits[0]
    return float(cross_entropy(logits[len(head) - 1 : -1], ids[0, len(head) :]))


def test_a_loss_is_the_models_own_given_all_that_was_said_and_alone(memo: Memo, tiny_model: ModelConfig) -> None:
    tokenizer = load_tokenizer(tiny_model)
    for found, messages in zip(losses(memo, tiny_model).of_answers(TALKS), TALKS, strict=True):
        answer = messages[-1]["content"]
        assert found.given == pytest.approx(by_hand(tiny_model, render(tokenizer, messages[:-1]), answer), abs=1e-4)
        assert found.alone == pytest.approx(by_hand(tiny_model, "<|im_start|>assistant\n", answer), abs=1e-4)
        assert found.ratio == pytest.approx((found.given or 0) / (found.alone or 0))
        assert found.perplexity_ratio == pytest.approx(math.exp((found.given or 0) - (found.alone or 0)))
        assert found.cut == 0


def test_perplexity_is_of_all_that_is_said_but_the_templates_opening(memo: Memo, tiny_model: ModelConfig) -> None:
    prompt = render(load_tokenizer(tiny_model), TALKS[1][:-1])
    opening, question, rest = prompt.partition(TALKS[1][0]["content"])
    [found] = losses(memo, tiny_model).of_texts([TALKS[1]])
    wanted = by_hand(tiny_model, opening, question + rest + TALKS[1][-1]["content"])
    assert found.perplexity == pytest.approx(math.exp(wanted), rel=1e-3)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_batch_does_not_change_a_number(tiny_model: ModelConfig, tmp_path: Path, dtype: str) -> None:
    model = tiny_model.model_copy(update={"dtype": dtype})
    exact = dtype == "float32"
    found = []
    for size in (1, 3, 8):
        memo = Memo(tmp_path / f"{size}")
        answers = losses(memo, model, batch_size=size).of_answers(TALKS)
        assert memo.count(ANSWER) == len(TALKS)
        vectors = Embeddings(causal_reader(memo, model, Sizes(64, size)), "position_weighted").of_conversations(TALKS)
        found.append((answers, vectors.vectors))
    for answers, vectors in found[1:]:
        for one, other in zip(found[0][0], answers, strict=True):
            assert one.given == pytest.approx(other.given, abs=PAST_ROUNDING if exact else 0.05)
            assert one.alone == pytest.approx(other.alone, abs=PAST_ROUNDING if exact else 0.05)
        assert cosine_similarity(found[0][1], vectors).min() > (0.99999 if exact else 0.999)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_gives_the_same_numbers(tiny_model: ModelConfig, tmp_path: Path) -> None:
    cpu = losses(Memo(tmp_path / "cpu"), tiny_model.model_copy(update={"device": "cpu"})).of_answers(TALKS)
    gpu = losses(Memo(tmp_path / "gpu"), tiny_model.model_copy(update={"device": "cuda"})).of_answers(TALKS)
    assert [one.given for one in cpu] == pytest.approx([one.given for one in gpu], abs=1e-3)


def test_what_is_cut_is_counted_and_the_same_tokens_are_weighed_both_times(memo: Memo, tiny_model: ModelConfig) -> None:
    tokenizer = load_tokenizer(tiny_model)
    asked = len(tokenizer(render(tokenizer, TALKS[0][:-1]), add_special_tokens=False)["input_ids"])
    answer = tokenizer(TALKS[0][-1]["content"], add_special_tokens=False)["input_ids"]
    [found] = losses(memo, tiny_model, max_length=asked + 3).of_answers(TALKS[:1])
    assert found.cut == len(answer) - 3
    assert found.alone == pytest.approx(
        by_hand(tiny_model, "<|im_start|>assistant\n", tokenizer.decode(answer[:3])), abs=1e-4
    )
    assert losses(memo, tiny_model, max_length=asked).of_answers(TALKS[:1]) == [AnswerLoss(None, None, len(answer))]
    embeddings = Embeddings(causal_reader(memo, tiny_model, Sizes(asked, 2)), "mean")
    assert embeddings.of_conversations(TALKS[:1]).cut == 1
    assert embeddings.of_prompts(TALKS[:1]).cut == 0


def test_a_kept_number_asks_no_model(memo: Memo, tiny_model: ModelConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    first = losses(memo, tiny_model).of_answers([*TALKS, TALKS[0]])
    assert memo.count(ANSWER) == len(TALKS)
    assert first[0] == first[-1]

    def no_model(*args: object) -> None:
        raise AssertionError("a model was loaded")

    monkeypatch.setattr("tasks.models.scoring.reader.load_model", no_model)
    assert losses(memo, tiny_model, batch_size=2).of_answers(TALKS) == first[:-1]
    for other in (
        losses(memo, tiny_model, max_length=99),
        losses(memo, ModelConfig(path=tiny_model.path, dtype="bfloat16")),
    ):
        with pytest.raises(AssertionError):
            other.of_answers(TALKS)


def test_later_tokens_weigh_more(memo: Memo, tiny_model: ModelConfig) -> None:
    tokenizer, model = load_tokenizer(tiny_model), load_model(tiny_model).eval()
    text = render(tokenizer, TALKS[0][:-1])
    with torch.inference_mode():
        inputs = tokenizer(text, return_tensors="pt", add_special_tokens=False)
        states = model(**inputs, output_hidden_states=True).hidden_states[-1][0]
    weights = torch.arange(1.0, len(states) + 1).unsqueeze(1)
    for pooling, wanted in (("mean", states.sum(0)), ("position_weighted", (states * weights).sum(0))):
        found = Embeddings(causal_reader(memo, tiny_model, Sizes(64, 2)), pooling).of_prompts(TALKS[:1])  # type: ignore[arg-type]
        assert cosine_similarity(found.vectors, wanted.unsqueeze(0)).item() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("templated", [True, False])
def test_a_reward_is_the_classifiers_one_number(
    reward_model: Path, memo: Memo, tmp_path: Path, templated: bool
) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = reward_model
    if not templated:
        folder = tmp_path / "plain"
        shutil.copytree(reward_model, folder)
        (folder / "chat_template.jinja").unlink()
    found = Rewards(reward_reader(memo, str(folder), Sizes(512, 3))).of(TALKS)
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForSequenceClassification.from_pretrained(folder)
    for reward, messages in zip(found, TALKS, strict=True):
        if templated:
            texts = [tokenizer.apply_chat_template(messages, tokenize=False)]
        else:
            texts = ["\n".join(turn["content"] for turn in messages[:-1]), messages[-1]["content"]]
        with torch.inference_mode():
            alone = model(**tokenizer(*texts, add_special_tokens=not templated, return_tensors="pt")).logits.item()
        assert reward.score == pytest.approx(alone, abs=1e-4)
    assert len({reward.score for reward in found}) == len(TALKS)
    assert [reward.cut for reward in Rewards(reward_reader(memo, str(folder), Sizes(8, 3))).of(TALKS[:2])] > [0, 0]


def test_a_folder_of_another_kind_is_told_before_anything_runs(
    reward_model: Path, tiny_model: ModelConfig, tmp_path: Path
) -> None:
    assert reward_identity(str(reward_model), "clean.reward.path").startswith("sha256:")
    assert tuned_identity(tiny_model.path, "x") == tiny_model.identity()
    with pytest.raises(SettingError, match=r"clean\.reward\.path: .*Qwen3ForCausalLM.*one"):
        reward_identity(tiny_model.path, "clean.reward.path")
    two = tmp_path / "two"
    shutil.copytree(reward_model, two)
    settings = json.loads((two / "config.json").read_text(encoding="utf-8"))
    (two / "config.json").write_text(json.dumps(settings | {"id2label": {"0": "a", "1": "b"}}), encoding="utf-8")
    with pytest.raises(SettingError, match="with 2 labels"):
        reward_identity(str(two), "clean.reward.path")
    (two / "model.safetensors").unlink()
    with pytest.raises(SettingError, match="safetensors"):
        reward_identity(str(two), "clean.reward.path")
    with pytest.raises(SettingError, match=r"mix\.select\.tuned: .*adapter_config\.json"):
        tuned_identity(str(tmp_path), "mix.select.tuned")
    with pytest.raises(SettingError, match=r"mix\.select\.model\.path: /nowhere"):
        ModelConfig(path="/nowhere").identity("mix.select.model")


def test_half_a_reward_model_is_named(reward_model: Path, memo: Memo, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(reward_model, broken)
    (broken / "model.safetensors").write_bytes(b"half")
    with pytest.raises(StageError, match=r"broken can't be loaded"):
        Rewards(reward_reader(memo, str(broken), Sizes(64, 3))).of(TALKS)
