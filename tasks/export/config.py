"""How the model is given out."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from artifacts.stage import StageConfig


class ExportConfig(StageConfig):
    stage: ClassVar[str] = "export"
    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]] = ("align",)

    max_difference: float | None = Field(None, gt=0)
    """Most that a logit of the merged model may lie off base and adapter, as a share of the largest logit; where empty
    1e-4 for float32 and 0.03 for bfloat16, whose rounding of merged weights shows."""
