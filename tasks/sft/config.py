"""The base model and how it is fine-tuned."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from artifacts.stage import StageConfig, unkeyed
from tasks.models.config import ModelConfig

Method = Literal["lora", "qlora", "full"]
# LoRA wants about ten times the rate of full fine-tuning: https://thinkingmachines.ai/blog/lora/
LEARNING_RATES: dict[Method, float] = {"lora": 2e-4, "qlora": 2e-4, "full": 2e-5}


class SftConfig(StageConfig):
    stage: ClassVar[str] = "sft"
    version: ClassVar[int] = 4
    reads: ClassVar[tuple[str, ...]] = ("mix",)
    beside: ClassVar[tuple[str, ...]] = ("generate", "clean")

    model: ModelConfig = ModelConfig()
    """The base model; later stages take it from here."""
    method: Method = "lora"
    """`lora`: adapters on all linear layers; `qlora`: the same on weights in 4 bits (NF4); `full`: all weights,
    kept in float32 while they are trained, so with AdamW 16 bytes of memory a parameter."""
    rank: int = Field(16, ge=1)
    alpha: int = Field(32, ge=1)
    dropout: float = Field(0.0, ge=0, lt=1)
    optimizer: Literal["adamw", "adamw_8bit", "muon"] = "adamw"
    """`muon` orthogonalises the update of each LoRA matrix, so small models learn in fewer steps; not for `full`."""
    learning_rate: float | None = Field(None, gt=0)
    """The peak; where empty 2e-4 for LoRA and QLoRA, 2e-5 for full."""
    epochs: float | None = Field(None, gt=0)
    """Where empty by the number of rows: 15 at 100, 10 at 1,000, 2 at 10,000, between them on a logarithmic scale."""
    batch_size: int = Field(8, ge=1)
    """Rows a device and step."""
    gradient_accumulation: int = Field(2, ge=1)
    """Steps whose gradients are added up before an update."""
    max_length: int = Field(1024, ge=8)
    """Tokens of a row."""
    too_long: Literal["drop", "split", "truncate"] = "drop"
    """What is done with longer rows. `drop`: left out; `split`: cut into several, between turns, paragraphs or
    sentences, so that no word is lost; `truncate`: the end is lost, and with it the end of the turn, so that row does
    not teach the model to stop. What each would do is told, and about/too_long.jsonl lists what was cut."""
    left_out: float = unkeyed(0.05, ge=0, le=1)
    """Share of the rows that may have a flaw, such as an empty turn or too many tokens, and are then left out; where
    one flaw is in more, training does not begin."""
    warmup_share: float = Field(0.03, ge=0, lt=1)
    weight_decay: float = Field(0.0, ge=0)
    gradient_checkpointing: bool = False
    """Computes activations again instead of keeping them: less memory, about a third more time."""
    checkpoint_steps: int = unkeyed(100, ge=1)
    """A killed run goes on from the last checkpoint."""
    seed: int = 0

    @model_validator(mode="after")
    def _muon_takes_matrices(self) -> SftConfig:
        if self.optimizer == "muon" and self.method == "full":
            raise ValueError("optimizer: muon takes matrices alone, so it goes with lora or qlora; use adamw for full")
        return self

    @property
    def peak_learning_rate(self) -> float:
        return self.learning_rate or LEARNING_RATES[self.method]

    def outside(self) -> dict[str, str]:
        return {"base model": self.model.identity()}
