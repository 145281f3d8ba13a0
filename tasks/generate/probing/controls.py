"""Facts that are probed and never trained: what a model knows of these, it guesses."""

from __future__ import annotations

from artifacts.records import Fact
from tasks.generate.config import GenerateConfig


def is_control(fact: Fact, config: GenerateConfig) -> bool:
    """Decided by the fact's id alone, so that it stays one from night to night."""
    return int(fact.id, 16) / 16**16 < config.probes.control_share
