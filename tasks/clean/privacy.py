"""Personal data and secrets of a row: masked in all of its texts, or the row is left out."""

from __future__ import annotations

from artifacts.records import QAPair
from tasks.clean.config import Privacy
from tasks.clean.rows import Left, Outcome
from tasks.models.language.match import contains, normalise
from tasks.models.language.private import MASKS, Masked, finds, mask, may_hold, public_passwords


def guard_privacy(dials: Privacy, read: QAPair, outcome: Outcome) -> None:
    """Put masks into an outcome's row, or leave it out; nothing of what was found is told.

    A row whose answer's value is masked is left out: it would teach the mask. One that an operator refused is told
    without what was found in it, too.
    """
    kinds = sought(dials)
    if not kinds or not may_hold("\n".join((*texts_of(read), *texts_of(outcome.pair), read.value, *read.aliases))):
        return
    if outcome.left is not None:
        _tell_masked(outcome, read, kinds)
        return
    pair = outcome.pair
    masked = mask(texts_of(pair), kinds, public_passwords([pair.answer], pair.question))
    changed = _with_texts(pair, masked.texts) if masked.held else pair
    refused = [kind for kind in masked.counts if getattr(dials, kind) == "reject"]
    if refused:
        named = ", ".join(f"{count} of {kind}" for kind, count in masked.counts.items())
        outcome.left = Left(f"private_{refused[0]}", f"holds {named}, masked here (clean.privacy)", masked=True)
        outcome.pair = _without_values(changed, pair, masked, kinds)
    elif _teaches_mask(pair, changed, masked, kinds):
        outcome.left = Left("private_value", "what it teaches is private (clean.privacy); masked here", masked=True)
        outcome.pair = _without_values(changed, pair, masked, kinds)
    elif masked.counts:
        outcome.pair = changed
        outcome.counts += tuple(f"masked_{kind}" for kind in masked.counts.elements())


def sought(dials: Privacy) -> tuple[str, ...]:
    """The kinds that are looked for."""
    return tuple(kind for kind in MASKS if getattr(dials, kind) != "keep")


def texts_of(pair: QAPair) -> tuple[str, ...]:
    """All that a row says or shows; its value and their other spellings are parts of these."""
    turns = (turn["content"] for turn in pair.turns)
    return (pair.question, pair.answer, pair.context, pair.reasoning, *turns, *(quote.text for quote in pair.evidence))


def _with_texts(pair: QAPair, texts: tuple[str, ...]) -> QAPair:
    """The row with other texts, which come in the order of `texts_of`."""
    question, answer, context, reasoning, *others = texts
    turns = tuple({**turn, "content": text} for turn, text in zip(pair.turns, others, strict=False))
    quotes = zip(pair.evidence, others[len(pair.turns) :], strict=True)
    changed = {"question": question, "answer": answer, "context": context, "reasoning": reasoning, "turns": turns}
    return pair.model_copy(
        update={**changed, "evidence": tuple(quote.model_copy(update={"text": text}) for quote, text in quotes)}
    )


def _teaches_mask(pair: QAPair, changed: QAPair, masked: Masked, kinds: tuple[str, ...]) -> bool:
    """Whether the value of a row, another spelling of it, or all that the answer says is private."""
    names, texts = [name for name in (pair.value, *pair.aliases) if name], texts_of(pair)
    if any(finds(name, kinds) for name in names if not any(name in text for text in texts)):
        return True
    if not masked.held:
        return False
    for name in names:
        lost = contains(pair.answer, name) and not contains(changed.answer, name)
        if lost or any(held in name for held in masked.held):
            return True
    answer = changed.answer
    for kind in kinds:
        answer = answer.replace(MASKS[kind], "")
    return not normalise(answer)


def _without_values(changed: QAPair, pair: QAPair, masked: Masked, kinds: tuple[str, ...]) -> QAPair:
    """A row that is left out, with nothing in its value and aliases that its texts don't show."""
    shown = " ".join(texts_of(changed))
    names = [name if name in shown and not finds(name, kinds) else "" for name in (pair.value, *pair.aliases)]
    return changed.model_copy(update={"value": names[0], "aliases": tuple(filter(None, names[1:]))})


def _tell_masked(outcome: Outcome, read: QAPair, kinds: tuple[str, ...]) -> None:
    """Have a row that an operator refused told as it was read, with masks; also where the reason quotes it."""
    assert outcome.left is not None
    public = public_passwords([read.answer], read.question)
    *texts, detail = (masked := mask([*texts_of(read), outcome.left.detail], kinds, public)).texts
    if masked.counts or any(finds(name, kinds) for name in (read.value, *read.aliases)):
        outcome.pair = _without_values(_with_texts(read, tuple(texts)), read, masked, kinds)
        outcome.left = outcome.left._replace(detail=detail, masked=True)
