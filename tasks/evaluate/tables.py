"""From marked answers to the tables of scores.json."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import pairwise
from statistics import fmean
from typing import Literal, TypeVar

from tasks.evaluate.config import EvaluateConfig
from tasks.evaluate.marks import Marked
from tasks.evaluate.scores import ALL, Comparison, DocumentScore, Gain, Invented, Measures, Share, Table, Tally
from tasks.evaluate.significance import bootstrap, mcnemar, wilson

MODELS = BASE, SFT, ALIGNED = "base", "sft", "aligned"
FEW_DOCUMENTS = 5  # from this many on, documents are drawn for the interval
COMPARABLE = 0.2  # from this share of right answers of the base model on, retention counts right answers

Measured = Literal["recall", "retention", "unanswerable"]
MEASURED: tuple[Measured, ...] = ("recall", "retention", "unanswerable")
T = TypeVar("T")


def measure(rows: Iterable[Marked], models: dict[str, str], config: EvaluateConfig) -> Measures:
    """Every table, from the same marked answers."""
    groups: defaultdict[str, list[Marked]] = defaultdict(list)
    for row in rows:
        groups[row.question.group].append(row)
    held_out, retention = groups["recall"], _table(groups["retention"])
    groups["recall"] = recall = [row for row in held_out if row.question.asks_value]
    premises = [row for row in held_out if row.question.kind == "false_premise"]
    kept_by: Literal["right", "f1"] = "right" if retention[BASE][ALL].share >= COMPARABLE else "f1"
    return Measures(
        models=models,
        recall={model: _by_language(held_out, _kinds, model) for model in MODELS},
        facts={model: _by_language(recall, _facts, model) for model in MODELS},
        trained=_table(groups["trained"]),
        control={model: _by_language(groups["control"], _kinds, model) for model in MODELS},
        retention=retention,
        kept={model: _kept(retention[BASE], retention[model], kept_by) for model in (SFT, ALIGNED)},
        kept_by=kept_by,
        hallucination={model: _by_language(groups["unanswerable"], _invented, model) for model in MODELS},
        accepted={model: _by_language(premises, _accepted, model) for model in MODELS},
        transitions={">".join(path): _transitions(recall, path) for path in (*pairwise(MODELS), MODELS)},
        documents=_documents(recall),
        tests=[
            _compare(name, groups[name], before, after)
            for name in MEASURED
            for before, after in pairwise(MODELS)
            if groups[name]
        ],
        gain=_gain(recall, config) if recall else None,
    )


def _table(rows: list[Marked]) -> Table:
    return {model: _by_language(rows, _tally, model) for model in MODELS}


def _by_language(rows: list[Marked], tell: Callable[[list[Marked], str], T], model: str) -> dict[str, T]:
    """What is told of all rows together, and of those in each language."""
    parts = _split(rows, lambda row: row.question.language)
    return {ALL: tell(rows, model)} | {language: tell(part, model) for language, part in parts.items()}


def _split(rows: list[Marked], by: Callable[[Marked], str]) -> dict[str, list[Marked]]:
    parts: defaultdict[str, list[Marked]] = defaultdict(list)
    for row in rows:
        parts[by(row)].append(row)
    return {name: parts[name] for name in sorted(parts)}


def _kinds(rows: list[Marked], model: str) -> dict[str, Tally]:
    parts = _split(rows, lambda row: row.question.kind)
    asking = [row for row in rows if row.question.asks_value]
    return {ALL: _tally(asking, model)} | {kind: _tally(part, model) for kind, part in parts.items()}


def _tally(rows: list[Marked], model: str) -> Tally:
    marks = [row.marks[model] for row in rows]
    return Tally(
        **dict(_share([mark.right for mark in marks])),
        exact=sum(mark.exact for mark in marks),
        abstained=sum(mark.abstained for mark in marks),
        f1=round(fmean(mark.f1 for mark in marks), 4) if marks else 0.0,
    )


def _share(right: list[bool]) -> Share:
    low, high = wilson(sum(right), len(right))
    return Share(right=sum(right), total=len(right), low=round(low, 4), high=round(high, 4))


def _facts(rows: list[Marked], model: str) -> Share:
    parts = _split(rows, lambda row: row.question.fact).values()
    return _share([fmean(row.right(model) for row in part) > 0.5 for part in parts])


def _invented(rows: list[Marked], model: str) -> Invented:
    share = _share([not row.right(model) for row in rows])
    return Invented(invented=share.right, total=share.total, low=share.low, high=share.high)


def _accepted(rows: list[Marked], model: str) -> Invented:
    share = _share([not (row.right(model) or row.marks[model].abstained) for row in rows])
    return Invented(invented=share.right, total=share.total, low=share.low, high=share.high)


def _kept(base: dict[str, Tally], after: dict[str, Tally], by: Literal["right", "f1"]) -> dict[str, float | None]:
    """What is left of the base model's mean mark, by language; above 1 where it rose."""

    def mean(tally: Tally) -> float:
        return tally.share if by == "right" else tally.f1

    return {
        language: round(mean(after[language]) / mean(tally), 4) if mean(tally) else None
        for language, tally in base.items()
    }


def _transitions(rows: list[Marked], path: tuple[str, ...]) -> dict[str, int]:
    """How many questions went from known or unknown to which, model after model."""
    states = (">".join("known" if row.right(model) else "unknown" for model in path) for row in rows)
    return dict(sorted(Counter(states).items()))


def _documents(rows: list[Marked]) -> list[DocumentScore]:
    parts = _split(rows, lambda row: f"{row.question.file}\0{row.question.document}")
    return [
        DocumentScore(
            file=part[0].question.file,
            document=part[0].question.document,
            probes=len(part),
            right={model: sum(row.right(model) for row in part) for model in MODELS},
        )
        for part in parts.values()
    ]


def _compare(name: Measured, rows: list[Marked], before: str, after: str) -> Comparison:
    gained = sum(row.right(after) and not row.right(before) for row in rows)
    lost = sum(row.right(before) and not row.right(after) for row in rows)
    return Comparison(measure=name, before=before, after=after, gained=gained, lost=lost, p=mcnemar(gained, lost))


def _gain(rows: list[Marked], config: EvaluateConfig) -> Gain:
    documents = _split(rows, lambda row: row.question.document)
    by_document = len(documents) >= FEW_DOCUMENTS
    parts = documents if by_document else _split(rows, lambda row: row.question.fact)
    clusters = [(len(part), sum(row.right(ALIGNED) - row.right(BASE) for row in part)) for part in parts.values()]
    low, high = bootstrap(clusters, config.resamples, config.seed)
    return Gain(
        value=round(sum(gain for _, gain in clusters) / len(rows), 4),
        low=round(low, 4),
        high=round(high, 4),
        resampled_by="document" if by_document else "fact",
    )
