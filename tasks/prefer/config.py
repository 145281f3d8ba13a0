"""What is asked of the models, and which of their answers make a preference pair."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from artifacts.stage import StageConfig


class PreferConfig(StageConfig):
    stage: ClassVar[str] = "prefer"
    version: ClassVar[int] = 4
    reads: ClassVar[tuple[str, ...]] = ("clean", "mix", "sft")
    beside: ClassVar[tuple[str, ...]] = ("generate",)

    max_prompts: int = Field(512, ge=0)
    """Questions of the training data that are asked: every fact once before any is asked again."""
    wordings_per_fact: int = Field(2, ge=1)
    """Most questions about one fact."""
    unanswerable_prompts: int = Field(64, ge=0)
    """Questions about made-up things: saying that one does not know is chosen over inventing an answer."""
    samples: int = Field(4, ge=1)
    """Answers that the tuned model draws to each question, beside its greedy one."""
    temperature: float = Field(0.8, gt=0)
    max_new_tokens: int = Field(256, ge=1)
    """Longest answer; one that gets there is left out as unfinished."""
    batch_size: int = Field(32, ge=1)
    """Questions at a time. In the key, because a sampled answer hangs on its batch."""
    min_chosen_score: float = Field(0.8, ge=0.5, le=1)
    """An own answer is chosen from this score on; else the reference is."""
    min_margin: float = Field(0.3, gt=0, le=1)
    """Least difference of the judge's scores of chosen and rejected."""
    max_length_ratio: float = Field(1.5, ge=1)
    """Most tokens of the longer answer for each of the shorter, so that length is not what is learned; an abstention
    is one fixed sentence, and a pair that holds one is not measured."""
    max_similarity: float = Field(0.98, gt=0, le=1)
    """From this share of common characters on, two answers are too alike. Short answers that differ in a figure lie
    below; pairs that share nearly every token lower the chosen answer's probability too (arXiv 2410.08847)."""
    seed: int = 0
