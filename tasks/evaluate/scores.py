"""The shape of scores.json. A table's first key is a model (`base`, `sft`, `aligned`), then a language or `all`,
then, for recall and control, a kind of probe or `all`: all that ask for a fact's value, to which reversed questions,
choices and false premises do not belong."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

ALL = "all"
Table = dict[str, dict[str, "Tally"]]  # model -> language -> marks
ByKind = dict[str, dict[str, dict[str, "Tally"]]]  # model -> language -> kind of probe -> marks


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Share(Part):
    """How many of some questions, or facts, are right."""

    right: int
    total: int
    low: float
    """Ends of the 95 % interval (Wilson) of right / total."""
    high: float

    @property
    def share(self) -> float:
        return self.right / self.total if self.total else 0.0


class Tally(Share):
    """The marks of some questions together."""

    exact: int
    abstained: int
    f1: float
    """Mean over the questions."""


class Invented(Part):
    """Answers made up to questions that have none."""

    invented: int
    total: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.invented / self.total if self.total else 0.0


class Comparison(Part):
    """Two models on the same questions, by McNemar's exact test."""

    measure: Literal["recall", "retention", "unanswerable"]
    before: str
    after: str
    gained: int
    """Questions that only the second model has right."""
    lost: int
    """Questions that only the first model has right."""
    p: float


class Gain(Part):
    """Recall of the aligned model less that of the base model."""

    value: float
    low: float
    high: float
    resampled_by: Literal["document", "fact"]
    """What is drawn for the interval; facts where there are fewer than 5 documents."""


class DocumentScore(Part):
    file: str
    document: str
    probes: int
    right: dict[str, int]
    """By model."""


class Measures(Part):
    models: dict[str, str]
    """What each model is: role -> id or digest."""
    recall: ByKind
    """Held-out questions about trained facts."""
    facts: dict[str, dict[str, Share]]
    """Facts known: more than half of the held-out questions that ask for their value are right."""
    trained: Table
    """Questions that stand in the training rows."""
    control: ByKind
    """Held-out questions about facts that no training row has: what guessing gets."""
    retention: Table
    """General questions held out from training."""
    kept: dict[str, dict[str, float | None]]
    """Retention as a share of the base model's; null where there is nothing to compare."""
    kept_by: Literal["right", "f1"]
    """What `kept` compares: right answers or, where the base model has too few of them, the mean F1."""
    hallucination: dict[str, dict[str, Invented]]
    accepted: dict[str, dict[str, Invented]]
    """False premises about trained facts that were taken for granted: neither put right nor abstained from."""
    transitions: dict[str, dict[str, int]]
    """Held-out questions by what became of them: `base>sft` -> `unknown>known` -> how many."""
    documents: list[DocumentScore]
    tests: list[Comparison]
    gain: Gain | None
    """None where no held-out question could be asked."""


class Gate(Part):
    name: str
    passed: bool
    reason: str


class Verdict(Part):
    passed: bool
    headline: str
    gates: list[Gate]


class Scores(Measures):
    probes: str = ""
    """Digest of the probes: figures under one digest are about the same questions."""
    verdict: Verdict
