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
