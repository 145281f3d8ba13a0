"""How the model is given out."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from artifacts.stage import StageConfig


class ExportConfig(StageConfig):
    stage: ClassVar[str] = "export"
    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("align",)

    max_relative_difference: float | None = Field(None, gt=0)
    """How far the merged model's logits may lie off those of base and adapter (root mean square of the difference over
    that of the logits); where empty 1e-4 for float32 and 0.05 for bfloat16, whose rounding of merged weights shows."""
