"""Fixtures that several rooms share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.models.config import ModelConfig

TEXTS = [
    "What is the capital of France? The capital of France is Paris.",
    "The tank holds 12 litres. How many litres does the tank hold?",
    "法国的首都是哪里？法国的首都是巴黎。",
    "水箱的容量是多少？水箱的容量是十二升。",
]


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> ModelConfig:
    """A model folder with random weights (some 40,000 parameters) that loads like any other."""
    from tasks.models.embedded.architecture import make_model, make_tokenizer

    folder: Path = tmp_path_factory.mktemp("tiny-model")
    tokenizer = make_tokenizer(TEXTS, vocabulary=400)
    make_model(tokenizer, hidden=32, layers=2, heads=2, feed_forward=64).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return ModelConfig(path=str(folder))


@pytest.fixture(scope="session")
def reward_model(tiny_model: ModelConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a sequence classifier with one label and random weights, which it multiplies to be told apart."""
    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

    folder: Path = tmp_path_factory.mktemp("reward-model")
    config = AutoConfig.from_pretrained(tiny_model.path, num_labels=1)
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_config(config)
    tokenizer = AutoTokenizer.from_pretrained(tiny_model.path)
    with torch.no_grad():
        model.score.weight.mul_(50)
    model.config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
