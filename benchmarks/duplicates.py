"""Precision and recall of finding duplicates, over labelled pairs among other rows: data-juicer's deduplicators as
published, and Graft's by the same operators.

    python -m benchmarks.duplicates [--missed]

Each language's rows (both of every pair, and others around them) are one set, as a run has them. A row that is dropped
is right where it is one of two duplicates, of which the other stays; precision is their share of the rows dropped, and
recall the share of pairs of duplicates that one is dropped of.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from artifacts.records import QAPair
from tasks.clean.config import CleanConfig
from tasks.clean.duplicates.find import Finder
from tasks.clean.engine.local import Local
from tasks.clean.operators.offline import operator_classes
from tasks.clean.rows import Rows

PAIRS = Path(__file__).parents[1] / "tests" / "clean" / "pairs"
LANGUAGES = ("en", "zh")
SIMHASH, MINHASH = "document_simhash_deduplicator", "document_minhash_deduplicator"
CHARACTERS = {"tokenization": "character"}
Find = Callable[[Sequence[QAPair]], set[int]]
"""The numbers of the rows that are dropped."""


@dataclass(frozen=True)
class Pair:
    """Two rows, by their numbers, and whether one of them has to go."""

    kind: str
    length: str
    duplicate: bool
    rows: tuple[int, int]


@dataclass(frozen=True)
class Measured:
    pairs: Sequence[Pair]
    dropped: frozenset[int]

    @property
    def right(self) -> set[int]:
        return {row for pair in self._duplicates() if self._finds(pair) for row in self.dropped.intersection(pair.rows)}

    @property
    def precision(self) -> float:
        return len(self.right) / len(self.dropped) if self.dropped else 1.0

    def recall(self, length: str = "") -> float:
        wanted = [pair for pair in self._duplicates() if length in ("", pair.length)]
        return sum(map(self._finds, wanted)) / len(wanted)

    def wrong(self) -> frozenset[int]:
        """Numbers of rows dropped that should stay, and of the second row of each pair missed."""
        return (self.dropped - self.right) | {pair.rows[1] for pair in self._duplicates() if not self._finds(pair)}

    def _duplicates(self) -> list[Pair]:
        return [pair for pair in self.pairs if pair.duplicate]

    def _finds(self, pair: Pair) -> bool:
        return len(self.dropped.intersection(pair.rows)) == 1


def labelled(language: str) -> tuple[list[QAPair], list[Pair]]:
    """The rows of a language's set, and its pairs."""
    rows: list[QAPair] = []

    def add(values: dict[str, str], **more: str) -> int:
        fact = more.pop("fact", f"fact {len(rows)}")
        rows.append(QAPair(id=str(len(rows)), fact=fact, language=language, **values, **more))
        return len(rows) - 1

    pairs = []
    for number, pair in enumerate(_lines(PAIRS / f"{language}.jsonl")):
        one, other = pair.pop("one"), pair.pop("other")
        if pair["kind"] == "wordings of one fact":
            numbers = (add(one, fact=f"pair {number}", wording="1"), add(other, fact=f"pair {number}", wording="2"))
        else:
            numbers = (add(one), add(other))
        pairs.append(Pair(**pair, rows=numbers))
    for row in _lines(PAIRS / f"around.{language}.jsonl"):
        add(row)
    return rows, pairs


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def published(name: str, parameters: dict[str, Any], rows: Sequence[QAPair]) -> set[int]:
    """What data-juicer's own operator drops, as its recipes run it."""
    from datasets import Dataset, disable_progress_bars

    disable_progress_bars()
    operator = operator_classes()[name](text_key="text", auto_op_parallelism=False, num_proc=None, **parameters)
    samples = [
        operator.compute_hash({"text": f"{row.question}\n{row.answer}", "row": number})
        for number, row in enumerate(rows)
    ]
    left, _ = operator.process(Dataset.from_list(samples))
    return set(range(len(rows))) - set(left["row"])


def graft(name: str, parameters: dict[str, Any], rows: Sequence[QAPair]) -> set[int]:
    """What clean drops, exact repeats included."""
    config = CleanConfig.model_validate({"operators": [{name: parameters}], "workers": 1})
    with (
        TemporaryDirectory() as folder,
        closing(Rows(Path(folder) / "rows.jsonl", rows)) as stored,
        closing(Local(config)) as engine,
    ):
        return set(Finder(config, engine, stored).dropped())


FINDERS: dict[str, Find] = {
    "data-juicer simhash, as published (space, window 6, distance 4)": partial(published, SIMHASH, {}),
    "data-juicer simhash, characters, window 6, distance 4": partial(published, SIMHASH, CHARACTERS),
    "data-juicer minhash, as published (space, window 5, Jaccard 0.7)": partial(published, MINHASH, {}),
    "data-juicer minhash, characters, window 5, Jaccard 0.7": partial(published, MINHASH, CHARACTERS),
    "graft, simhash (preset)": partial(
        graft, SIMHASH, {**CHARACTERS, "window_size": 3, "num_blocks": 12, "hamming_distance": 11}
    ),
    "graft, simhash as published": partial(graft, SIMHASH, {}),
    "graft, minhash as published": partial(graft, MINHASH, {}),
}


def measure(find: Find, language: str) -> Measured:
    rows, pairs = labelled(language)
    return Measured(pairs, frozenset(find(rows)))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--missed", action="store_true", help="show the rows that were dropped wrongly or missed")
    asked = parser.parse_args()
    print("| finder | language | precision | recall | short | long | rows dropped |\n|---|---|--:|--:|--:|--:|--:|")
    for name, find in FINDERS.items():
        for language in LANGUAGES:
            found = measure(find, language)
            recalls = " | ".join(f"{found.recall(length):.2f}" for length in ("", "short", "long"))
            print(f"| {name} | {language} | {found.precision:.2f} | {recalls} | {len(found.dropped)} |")
            if asked.missed:
                rows, _ = labelled(language)
                for number in sorted(found.wrong()):
                    said = "dropped" if number in found.dropped else "missed"
                    print(f"  {said}: {rows[number].question} {rows[number].answer}")


if __name__ == "__main__":
    main()
