"""Rows by a model of this machine: the perplexity of what they say, or a reward model's score."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from artifacts.records import Message, QAPair
from artifacts.stage import Work
from tasks.clean.config import CleanConfig, Perplexity, Reward
from tasks.clean.quality.scores import put_down, scores_of
from tasks.clean.rows import Rows
from tasks.models.scoring.losses import Losses
from tasks.models.scoring.reader import causal_reader
from tasks.models.scoring.rewards import Rewards, reward_reader

WINDOW = 2048  # rows that are in memory together, so that batches can be of like length


class Measured(NamedTuple):
    score: float | None
    cut: bool  # the row is longer than max_length


@dataclass(frozen=True)
class Sieve:
    """What is measured of rows, and which numbers leave a row out."""

    by: str  # as counts, notes and scores call it
    reason: str  # of rejects
    measure: Callable[[Sequence[Sequence[Message]]], list[Measured]]
    fault: Callable[[float], str]  # what is wrong with a number, in words; empty for a good one
    max_length: int


def by_perplexity(work: Work[CleanConfig], dials: Perplexity, rows: Rows) -> Iterator[QAPair]:
    """The rows whose perplexity is not above the bound, and those too long to have one."""
    with work.progress.task("perplexity", len(rows)) as progress:
        losses = Losses(causal_reader(work.memo, dials.model, dials, progress.advance))

        def measure(conversations: Sequence[Sequence[Message]]) -> list[Measured]:
            return [Measured(loss.perplexity, loss.cut > 0) for loss in losses.of_texts(conversations)]

        def above(score: float) -> str:
            high = score > dials.max_perplexity
            return f"perplexity {score:.5g}, above max_perplexity {dials.max_perplexity:g}" if high else ""

        yield from _sifted(work, rows, Sieve("perplexity", "high_perplexity", measure, above, dials.max_length))


def by_reward(work: Work[CleanConfig], dials: Reward, rows: Rows) -> Iterator[QAPair]:
    """The rows that the reward model does not score below the bound."""
    with work.progress.task("reward", len(rows)) as progress:
        rewards = Rewards(reward_reader(work.memo, dials.path, dials, progress.advance))

        def measure(conversations: Sequence[Sequence[Message]]) -> list[Measured]:
            return [Measured(reward.score, reward.cut > 0) for reward in rewards.of(conversations)]

        def below(score: float) -> str:
            low = score < dials.min_reward
            return f"reward {score:.5g}, below min_reward {dials.min_reward:g}" if low else ""

        yield from _sifted(work, rows, Sieve("reward", "low_reward", measure, below, dials.max_length))


def _sifted(work: Work[CleanConfig], rows: Rows, sieve: Sieve) -> Iterator[QAPair]:
    """Rows without a fault; those that have no score stay."""
    cut = 0
    with scores_of(work) as file:
        for window in _windows(rows):
            for pair, measured in zip(window, sieve.measure([conversation(pair) for pair in window]), strict=True):
                why = "" if measured.score is None else sieve.fault(measured.score)
                put_down(file, sieve.by, pair, not why, None if measured.score is None else round(measured.score, 5))
                cut += measured.cut
                if why:
                    work.reject(sieve.reason, pair, why)
                else:
                    yield pair
    if cut:
        work.counts[f"{sieve.by}_cut"] = cut
        work.notes.append(
            f"{sieve.by}: {cut:,} rows are longer than max_length ({sieve.max_length:,} tokens); what stands behind it "
            "was not read"
        )


def conversation(pair: QAPair) -> tuple[Message, ...]:
    answer: Message = {"role": "assistant", "content": pair.reply()}
    return (*pair.prompt(), answer)


def _windows(rows: Rows) -> Iterator[list[QAPair]]:
    left = iter(rows)
    while window := list(islice(left, WINDOW)):
        yield window
