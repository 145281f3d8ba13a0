"""`ifd` and `superfilter`: the rows whose question helps the answer, but least.

Both keep the highest scores below 1. They are not one ranking: ifd divides the losses, as its authors' code does, and
superfilter the perplexities, as theirs does, which is to say that it goes by the difference of the losses.
"""

from __future__ import annotations

from collections.abc import Sequence

from artifacts.records import Conversation
from artifacts.stage import Work
from tasks.mix.config import IFD, MixConfig, Superfilter
from tasks.mix.draw import chance
from tasks.mix.select.verdict import NOT_SCORED, NOT_SELECTED, Verdict, cells, quota
from tasks.models.scoring.losses import AnswerLoss, Losses
from tasks.models.scoring.reader import causal_reader

MISALIGNED = "ifd_misaligned"
NO_HELP = 1.0  # from here on an answer is no likelier after its question than alone


def by_difficulty(work: Work[MixConfig], dials: IFD, rows: Sequence[Conversation]) -> list[Verdict]:
    verdicts = [verdict_on(loss, dials) for loss in losses_of(work, dials, rows)]
    for (source, language), places in cells(rows).items():
        scored = [(place, score) for place in places if (score := verdicts[place].score) is not None]
        fit = [(place, score) for place, score in scored if verdicts[place].keep]
        fit.sort(key=lambda each: (-each[1], chance("select", work.config.seed, rows[each[0]].id)))
        room = quota(dials.keep, len(places))
        for place, score in fit[room:]:
            cut = f"the lowest kept of {source}, {language} has {fit[room - 1][1]:.5g}"
            verdicts[place] = Verdict(score, NOT_SELECTED, f"{dials.method} {score:.5g}; {cut}")
    return verdicts


def losses_of(work: Work[MixConfig], dials: IFD, rows: Sequence[Conversation]) -> list[AnswerLoss]:
    """Of the last answer of each row, given all before it and alone."""
    with work.progress.task(f"{dials.method}: losses", len(rows)) as progress:
        found = Losses(causal_reader(work.memo, dials.model, dials, progress.advance)).of_answers(
            [row.messages for row in rows]
        )
    if cut := sum(loss.cut > 0 for loss in found):
        work.notes.append(
            f"select: {cut:,} of {len(rows):,} rows are longer than max_length ({dials.max_length:,} tokens); what "
            "stands behind it was not weighed"
        )
    return found


def verdict_on(loss: AnswerLoss, dials: IFD) -> Verdict:
    """What is to be said of a row by its losses alone."""
    score = loss.perplexity_ratio if isinstance(dials, Superfilter) else loss.ratio
    if score is None:
        why = f"no token of its answer stands within max_length ({dials.max_length:,} tokens)"
        return Verdict(None, NOT_SCORED, why if loss.given is None else "its answer is certain without a question")
    if score < NO_HELP:
        return Verdict(score)
    losses = f"loss {loss.given} after the question, {loss.alone} alone"
    return Verdict(score, MISALIGNED, f"{dials.method} {score:.5g} ({losses}): the question does not help the answer")
