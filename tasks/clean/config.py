"""The dials of clean."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_serializer, model_validator

from artifacts.stage import Dials, StageConfig
from tasks.clean.catalogue import DEDUPLICATOR, mistake

FieldName = Literal["question", "answer", "both"]


class Operator(Dials):
    """One data-juicer operator, written as in its recipes: `text_length_filter: {field: answer, min_len: 1}`."""

    name: str
    field: FieldName = "both"
    """What it works on. On `both`, a filter sees the question and the answer as one text, a mapper each in turn."""
    parameters: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _from_recipe(cls, written: Any) -> Any:
        """Read the one-key mapping of a data-juicer recipe, or a bare name."""
        if isinstance(written, str):
            written = {written: None}
        if not isinstance(written, dict) or len(written) != 1:
            raise ValueError(
                "write an operator as one name with its parameters, such as `- text_length_filter: {min_len: 1}`"
            )
        ((name, values),) = written.items()
        if values is not None and not isinstance(values, dict):
            raise ValueError(f"{name}: its parameters must be a mapping, such as `{{min_len: 1}}`")
        parameters = dict(values or {})
        field = parameters.pop("field", "both")
        if wrong := mistake(str(name), list(parameters)):
            raise ValueError(wrong)
        return {"name": name, "field": field, "parameters": parameters}

    @model_serializer
    def _as_recipe(self) -> dict[str, dict[str, Any]]:
        return {self.name: {"field": self.field, **self.parameters}}


DEFAULT_OPERATORS: list[dict[str, dict[str, Any]]] = [
    {"whitespace_normalization_mapper": {}},
    # "工期？" is a question and "5" is an answer: published recipes, which ask for 10 characters or words, drop both.
    {"text_length_filter": {"field": "question", "min_len": 3, "max_len": 1000}},
    {"text_length_filter": {"field": "answer", "min_len": 1, "max_len": 8000}},
    # Specifications, formulas and Markdown tables are half signs; published ratios (0.4 to 0.8) drop a quarter of good
    # Chinese rows. What falls below these is dot leaders, rules and broken extraction.
    {"alphanumeric_filter": {"field": "question", "min_ratio": 0.4}},
    {"alphanumeric_filter": {"field": "answer", "min_ratio": 0.2}},
    # Stutters ("好的好的好的", dot leaders) are above 0.5; a table's rows, alike but for their values, reach 0.36.
    {"character_repetition_filter": {"field": "answer", "rep_len": 10, "max_ratio": 0.45}},
    # A sentence said over and over is above 0.1. Fifty characters, because rows of a table and steps of a procedure
    # share shorter pieces; word_repetition_filter sees no Chinese words, and gives good tables 0.96.
    {"character_repetition_filter": {"field": "answer", "rep_len": 50, "max_ratio": 0.1}},
    # Two rows of a Jaccard index of 0.85 differ in about 8 of 64 bits, so the published distance of 4 misses most.
    {DEDUPLICATOR: {"tokenization": "character", "window_size": 3, "num_blocks": 12, "hamming_distance": 11}},
]


class CleanConfig(StageConfig):
    stage: ClassVar[str] = "clean"
    version: ClassVar[int] = 3
    reads: ClassVar[tuple[str, ...]] = ("generate",)

    operators: tuple[Operator, ...] = Field(
        default_factory=lambda: tuple(Operator.model_validate(each) for each in DEFAULT_OPERATORS)
    )
    """data-juicer's operators by its own names and parameters, run in this order; the deduplicator stands last."""
    min_similarity: float = Field(0.85, ge=0, le=1)
    """How alike (Jaccard index of character trigrams) both the questions and the answers of two rows must be for the
    deduplicator to drop one. Its simhash only finds the pairs to compare: alone it merges questions of one template."""

    @field_validator("operators")
    @classmethod
    def _deduplicator_last(cls, operators: tuple[Operator, ...]) -> tuple[Operator, ...]:
        if any(operator.name == DEDUPLICATOR for operator in operators[:-1]):
            raise ValueError(f"{DEDUPLICATOR} must stand once, as the last operator: it compares what the others left")
        return operators
