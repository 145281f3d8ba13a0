"""A preference pair out of judged answers, or the reason why there is none.

The best pairs are the tuned model's own (on-policy) answers: right against confidently wrong. Where it has no good
right one the verified reference is chosen; where it is never wrong the base model's wrong answer is rejected.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from artifacts.records import Message, PreferencePair, Side, short_id
from tasks.models.language.match import is_abstention, normalise
from tasks.prefer.config import PreferConfig
from tasks.prefer.judge import RIGHT, score
from tasks.prefer.prompts import Prompt


@dataclass(frozen=True)
class Answer:
    text: str
    source: Side
    score: float
    times: int = 1  # how often the model said it

    @property
    def abstains(self) -> bool:
        return is_abstention(self.text)


@dataclass
class Judged:
    """A prompt with what the models answered, each distinct answer once."""

    prompt: Prompt
    own: list[Answer]
    base: list[Answer]

    @property
    def any_right(self) -> bool:
        return any(answer.score >= RIGHT for answer in self.own)


@dataclass
class Choice:
    """What came of a prompt: a pair, and the candidates that were left out on the way to it, with reasons."""

    pair: PreferencePair | None = None
    kind: str = ""
    dropped: list[tuple[str, Answer, Answer]] = field(default_factory=list)  # reason, chosen, rejected


def judge(prompt: Prompt, own: Sequence[str], base: Sequence[str]) -> Judged:
    return Judged(prompt, _distinct(prompt, own, "tuned"), _distinct(prompt, base, "base"))


def _distinct(prompt: Prompt, texts: Sequence[str], source: Side) -> list[Answer]:
    return [Answer(text, source, score(text, prompt.row), times) for text, times in Counter(texts).items()]


def choose(judged: Judged, length: Callable[[str], int], dials: PreferConfig) -> Choice:
    """The first rejected candidate, in the order of their worth, that goes with a chosen one."""
    choice = Choice()
    for rejected in _wrong(judged):
        faults = []
        for chosen in _right(judged, dials.min_chosen_score):
            if fault := why_not(chosen, rejected, length, dials):
                faults.append((fault, chosen, rejected))
            else:
                choice.pair, choice.kind = _pair(judged.prompt, chosen, rejected), _kind(judged.prompt, rejected)
                return choice
        choice.dropped.append(faults[0])
    return choice


def _right(judged: Judged, least: float) -> Iterator[Answer]:
    """The best own answer if it is good enough, then the reference."""
    own = [answer for answer in judged.own if answer.score >= least]
    if own:
        yield max(own, key=lambda answer: (answer.score, answer.times, answer.text))
    yield Answer(judged.prompt.row.answer, "reference", 1.0)


def _wrong(judged: Judged) -> list[Answer]:
    """Own false statements, the most frequent first; own abstentions; what the base model gets wrong."""
    wrong = [answer for answer in [*judged.own, *judged.base] if answer.score < RIGHT]
    return sorted(wrong, key=lambda answer: (answer.source != "tuned", answer.abstains, -answer.times, answer.text))


def why_not(chosen: Answer, rejected: Answer, length: Callable[[str], int], dials: PreferConfig) -> str | None:
    """The reason why two answers make no pair, or None."""
    if not rejected.text:
        return "empty"
    if rejected.source == "base" and rejected.abstains:
        return "base_abstains"  # as it should, not knowing the documents; to push that down is to push to invention
    if "\ufffd" in chosen.text + rejected.text:
        return "garbled"  # bytes that are no text: what the trainer would read is not what the model said
    lengths = [length(answer.text) for answer in (chosen, rejected)]
    drawn = [tokens for answer, tokens in zip((chosen, rejected), lengths, strict=True) if answer.source != "reference"]
    if max(drawn) >= dials.max_new_tokens:
        return "unfinished"
    first, second = normalise(chosen.text), normalise(rejected.text)
    if first == second:
        return "equal"
    if SequenceMatcher(None, first, second, autojunk=False).ratio() >= dials.max_similarity:
        return "near_equal"
    if chosen.score - rejected.score < dials.min_margin:
        return "small_margin"
    if not (chosen.abstains or rejected.abstains) and max(lengths) > dials.max_length_ratio * min(lengths):
        return "length_ratio"
    return None


def _pair(prompt: Prompt, chosen: Answer, rejected: Answer) -> PreferencePair:
    row = prompt.row
    return PreferencePair(
        id=short_id("pair", prompt.messages, chosen.text, rejected.text),
        prompt=prompt.messages,
        chosen=(_said(chosen),),
        rejected=(_said(rejected),),
        chosen_source=chosen.source,
        rejected_source=rejected.source,
        margin=round(chosen.score - rejected.score, 4),
        fact=row.fact,
        language=row.language,
    )


def _said(answer: Answer) -> Message:
    return {"role": "assistant", "content": answer.text}


def _kind(prompt: Prompt, rejected: Answer) -> str:
    """What the pair teaches, for the report."""
    if is_abstention(prompt.row.answer):
        return "abstention_over_invention"
    if rejected.source == "base":
        return "right_over_base"
    return "right_over_abstention" if rejected.abstains else "right_over_false"
