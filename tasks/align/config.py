"""How the tuned model is aligned with the preference pairs."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from artifacts.stage import StageConfig, unkeyed


class AlignConfig(StageConfig):
    stage: ClassVar[str] = "align"
    version: ClassVar[int] = 3
    reads: ClassVar[tuple[str, ...]] = ("prefer", "sft")
    beside: ClassVar[tuple[str, ...]] = ("generate", "clean")

    loss: Literal["dpo", "ipo"] = "dpo"
    """`dpo` (https://arxiv.org/abs/2305.18290), or `ipo` (https://arxiv.org/abs/2310.12036), which overfits less where
    one answer is always preferred."""
    beta: float = Field(0.1, gt=0)
    """How closely the model keeps to the tuned one: the higher the closer."""
    sft_weight: float = Field(1.0, ge=0)
    """Weight of the chosen answers' own loss, which keeps their probability up (https://arxiv.org/abs/2404.19733)."""
    learning_rate: float | None = Field(None, gt=0)
    """The peak; where empty 1e-5 for an adapter, 1e-6 for all weights."""
    epochs: float = Field(1.0, gt=0)
    batch_size: int = Field(8, ge=1)
    """Pairs a device and step."""
    gradient_accumulation: int = Field(1, ge=1)
    """Steps whose gradients are added up before an update."""
    max_length: int = Field(1024, ge=8)
    """Tokens of prompt and answer; a longer pair is left out with a reason, never truncated."""
    warmup_share: float = Field(0.1, ge=0, lt=1)
    max_chosen_drop: float = Field(1.0, gt=0)
    """Training stops when the log probability of the chosen answers lies this much (nats an answer) below its start."""
    quantize: Literal["nf4"] | None = None
    """Load the base in 4 bits, where `sft.method` is qlora for want of memory."""
    gradient_checkpointing: bool = False
    """Computes activations again instead of keeping them: less memory, about a third more time."""
    checkpoint_steps: int = unkeyed(100, ge=1)
    """A killed run goes on from the last checkpoint."""
    seed: int = 0
