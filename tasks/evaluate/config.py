"""What the models are asked, and what they must show."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from artifacts.stage import Dials, StageConfig, unkeyed


class Gates(Dials):
    """The conditions under which a model passes."""

    min_recall_gain: float = Field(default=0.0, ge=0, lt=1)
    """The lower end of the 95 % interval of the gain in recall, base to aligned, must be above this share."""
    max_retention_loss: float = Field(default=0.05, ge=0, le=1)
    """Most of the base model's general ability that may be lost, as a share of it, in each language."""
    max_hallucination_rise: float = Field(default=0.0, ge=0, le=1)
    """Most that alignment may add to the share of unanswerable questions that the model invents an answer to."""


class EvaluateConfig(StageConfig):
    stage: ClassVar[str] = "evaluate"
    version: ClassVar[int] = 5
    reads: ClassVar[tuple[str, ...]] = ("generate", "mix", "sft", "align")

    trained_questions: int = Field(200, ge=0)
    """Questions out of the training rows that are asked too: where recall is high on these alone, the wording was
    learned and not the fact."""
    max_new_tokens: int = Field(128, ge=1)
    """Longest answer."""
    batch_size: int = Field(64, ge=1)
    """Questions at a time. In the key, because padding can tip an answer in half precision."""
    resamples: int = Field(2000, ge=100)
    """Bootstrap samples for the interval of the gain."""
    seed: int = 0
    gates: Gates = Field(default_factory=Gates)
    fail_on_gate: bool = unkeyed(False)
    """Whether a model that does not pass fails the run; its scores are kept all the same."""
