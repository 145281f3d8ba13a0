"""What would go wrong in training without a word, found with the tokenizer alone, before a model is loaded."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from artifacts.records import DOCUMENTS, DOMAIN, Conversation, Probe
from artifacts.stage import StageError, Work
from tasks.models.language.contamination import Contamination
from tasks.models.language.leak import Guard
from tasks.models.language.match import is_blank
from tasks.sft.config import SftConfig
from tasks.sft.long import parts
from tasks.sft.template import Rendered, Template, lost_turn

# Epochs by the number of rows; between the anchors on a logarithmic scale. A practitioners' rule, not a law.
EPOCHS = ((100, 15.0), (1000, 10.0), (10_000, 2.0))
TRAIN = "train.jsonl"
EXAMPLES = 3  # rows told of each flaw
TOO_LONG, LEAK, EVALUATION = "longer_than_max_length", "probe_leak", "evaluation_leak"
MEANING = {
    "empty_turn": "a turn has no text",
    "equal_turns": "the answer repeats the question",
    "special_token_in_text": "a turn has a special token in its text, which would end it or begin another",
    "refused_by_template": "the chat template does not take the conversation",
    "changed_by_template": "the chat template does not give a turn back as it was",
    "no_trained_token": "no token of the assistant's is in the loss; put {% generation %} around every answer in the "
    "chat template",
    "end_not_trained": "the end of an answer is not in the loss, so the model would not learn to stop; put the end "
    "token before {% endgeneration %} in the chat template",
    TOO_LONG: "more tokens than sft.max_length",
    LEAK: "asks what a held-out probe asks; make the data again (--force clean --force mix), or take the row out of "
    "its source",
    EVALUATION: "holds a question of an evaluation set (clean.decontamination); make the data again (--force clean "
    "--force mix), or take the row out of its source",
}


@dataclass(frozen=True)
class Flaw:
    """Why a row can't be trained on."""

    reason: str
    detail: str


@dataclass
class Seen:
    """What was found in one of mix's files."""

    name: str
    rows: int = 0
    flaws: Counter[str] = field(default_factory=Counter)
    examples: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # the first few, told
    lengths: list[int] = field(default_factory=list)
    long: Counter[str] = field(default_factory=Counter)
    short: Counter[bool] = field(default_factory=Counter)  # rows that are not too long: whether of the documents
    split: Counter[bool] = field(default_factory=Counter)  # rows that the long ones make


class Preflight:
    """Looks at every row, leaves out what can't be trained on, and counts what the report tells."""

    def __init__(self, work: Work[SftConfig], template: Template) -> None:
        self._work, self._config, self._template = work, work.config, template
        self._guard = Guard(work.read("generate", "probes.jsonl", Probe))
        self._sets = Contamination.of(work.beside.get("clean"))
        self._files: list[Seen] = []
        self._cut: list[dict[str, Any]] = []
        self._tokens: Counter[tuple[str, bool]] = Counter()  # of the rows to train on: (which tokens, of the domain's)
        self._stripped = 0

    def rows(self, name: str) -> list[Conversation]:
        """The rows of one of mix's files that can be trained on; others are rejects."""
        kept: list[Conversation] = []
        self._files.append(seen := Seen(name))
        for row in self._work.read("mix", name, Conversation):
            seen.rows += 1
            for usable, rendered in self._usable(row, seen):
                kept.append(usable)
                if name == TRAIN:
                    self._count(usable, rendered)
        return kept

    def finish(self) -> None:
        """Tell what was found; raises StageError where a flaw is in more of a file's rows than may be left out."""
        work = self._work
        work.counts["in"] = sum(seen.rows for seen in self._files)
        if told := [line for seen in self._files for line in self._serious(seen)]:
            raise StageError(
                "\n".join(told) + f"\nA flaw may be in {self._config.left_out:.0%} of the rows (sft.left_out), which "
                "are then left out; a leaked question stops in any case. Correct the rows at their source, or the "
                "template"
            )
        work.facts["trained_tokens"] = self._of("trained")
        if self._cut:
            work.write("about/too_long.jsonl", self._cut)
        for seen in self._files:
            prefix = "" if seen.name == TRAIN else seen.name.removesuffix(".jsonl") + "_"
            if seen.rows:
                work.facts[f"{prefix}lengths"] = percentiles(seen.lengths)
            if seen.long:
                work.facts[f"{prefix}too_long"] = dict(seen.long)
                work.notes.append(f"{self._policies(seen)}; sft.too_long is {self._config.too_long}")
        if self._stripped:
            work.notes.append(f"the chat template strips white space around turns of {self._stripped:,} rows")
        self._tell_domain()

    def _usable(self, row: Conversation, seen: Seen) -> Iterator[tuple[Conversation, Rendered]]:
        """The row as it is trained on, or several that it is split into, or nothing."""
        found = self._flaw(row)
        if isinstance(found, Flaw):
            self._leave_out(row, found, seen)
            return
        seen.lengths.append(len(found.ids))
        if lost_turn(found.text, row.messages, strip=False):
            self._stripped += 1
        most = self._config.max_length
        if len(found.ids) <= most:
            seen.short[_is_taught(row)] += 1
            yield row, found
            return
        pieces = parts(row, lambda messages: len(self._template.render(messages).ids) <= most)
        start = Rendered(found.text, found.ids[:most], found.mask[:most])
        self._weigh(found, start, pieces, seen)
        seen.split[_is_taught(row)] += len(pieces or ())
        match self._config.too_long:
            case "split" if pieces:
                self._cut.append({"id": row.id, "tokens": len(found.ids), "split_into": len(pieces)})
                yield from ((piece, self._template.render(piece.messages)) for piece in pieces)
            case "truncate" if start.trained:
                lost = {"tokens_lost": len(found.ids) - most, "trained_tokens_lost": found.trained - start.trained}
                self._cut.append({"id": row.id, "tokens": len(found.ids), **lost})
                yield row, start
            case _:
                self._leave_out(row, Flaw(TOO_LONG, f"{len(found.ids)} tokens, sft.max_length is {most}"), seen)

    def _flaw(self, row: Conversation) -> Flaw | Rendered:
        """What keeps a row from being trained on at any length, or the row as it is trained on."""
        messages, template = row.messages, self._template
        if (leak := self._guard.find(messages, row.fact)) is not None:
            return Flaw(LEAK, f"asks what the held-out probe {leak.probe} asks: {leak.question!r}")
        if (overlap := self._sets.find(messages)) is not None:
            return Flaw(EVALUATION, overlap.told())
        for message in messages:
            if is_blank(message["content"]):
                return Flaw("empty_turn", f"the {message['role']}'s turn has no text")
            if token := template.special(message["content"]):
                return Flaw("special_token_in_text", f"the {message['role']}'s turn has {token} in its text")
        for asked, said in pairwise(messages):
            if said["role"] == "assistant" and said["content"].split() == asked["content"].split():
                return Flaw("equal_turns", f"the answer is the question: {said['content'][:80]!r}")
        try:
            rendered = template.render(messages)
        except Exception as error:  # a template raises what it likes
            return Flaw("refused_by_template", f"the chat template says: {error}")
        if lost := lost_turn(rendered.text, messages):
            return Flaw("changed_by_template", f"the {lost['role']}'s turn comes out changed: {lost['content'][:80]!r}")
        answer = messages[-1]["content"][:80]
        if not rendered.trained:
            return Flaw("no_trained_token", f"the chat template marks no token of the answer {answer!r}")
        if not template.ends(rendered):
            return Flaw(
                "end_not_trained", f"the chat template leaves an answer's end unmarked; the last one is {answer!r}"
            )
        return rendered

    def _leave_out(self, row: Conversation, flaw: Flaw, seen: Seen) -> None:
        self._work.reject(flaw.reason, row, flaw.detail)
        seen.flaws[flaw.reason] += 1
        example = f"row {row.id} {flaw.detail}"
        if len(told := seen.examples[flaw.reason]) < EXAMPLES and example not in told:  # a row may come many times
            told.append(example)

    @staticmethod
    def _weigh(whole: Rendered, start: Rendered, pieces: list[Conversation] | None, seen: Seen) -> None:
        """Count what each policy would do with a row that is too long."""
        seen.long["rows"] += 1
        seen.long["tokens"] += len(whole.ids)
        seen.long["tokens_truncated"] += len(whole.ids) - len(start.ids)
        seen.long["rows_without_answer_if_truncated"] += not start.trained
        seen.long["rows_if_split"] += len(pieces or ())
        seen.long["rows_that_can_not_be_split"] += pieces is None

    def _policies(self, seen: Seen) -> str:
        long, shares = seen.long, ""
        if 0 < _share(seen.short + seen.split) < 1:
            shares = (
                f"; the documents' share of the rows would be {_share(seen.short):.0%} without them and "
                f"{_share(seen.short + seen.split):.0%} with their parts"
            )
        return (
            f"of {seen.name}, {long['rows']:,} rows of {long['tokens']:,} tokens are longer than sft.max_length "
            f"{self._config.max_length:,}: drop loses them; truncate loses {long['tokens_truncated']:,} tokens, the "
            f"ends of the answers, and {long['rows_without_answer_if_truncated']:,} rows whose answer lies beyond; "
            f"split makes {long['rows_if_split']:,} rows of them and loses {long['rows_that_can_not_be_split']:,}"
            f"{shares}"
        )

    def _serious(self, seen: Seen) -> Iterator[str]:
        """What keeps a file from being trained on."""
        most = self._config.left_out * seen.rows
        names = [name for name, count in seen.flaws.items() if name in (LEAK, EVALUATION) or count > most]
        if names:
            yield f"sft: the data can't be trained on; of {seen.rows:,} rows of mix's {seen.name}"
        for name in names:
            count = seen.flaws[name]
            yield f"- {count:,} ({count / seen.rows:.1%}): {MEANING[name]} ({name}), such as"
            yield from (f"    {example}" for example in seen.examples[name])
            if name == TOO_LONG:
                yield f"  {self._policies(seen)}; set sft.too_long, or raise sft.max_length"

    def _count(self, row: Conversation, rendered: Rendered) -> None:
        taught = _is_taught(row)
        self._tokens.update({("rows", taught): 1, ("total", taught): len(rendered.ids)})
        self._tokens["trained", taught] += rendered.trained

    def _of(self, which: str) -> int:
        return self._tokens[which, True] + self._tokens[which, False]

    def _tell_domain(self) -> None:
        """The share of what teaches the documents: long general answers make it smaller than the rows' share."""
        shares = {which: self._tokens[which, True] / max(1, self._of(which)) for which in ("rows", "total", "trained")}
        self._work.facts["domain_tokens"] = {which: round(share, 4) for which, share in shares.items()}
        if 0 < shares["rows"] < 1:
            self._work.notes.append(
                f"of the training rows {shares['rows']:.0%} teach the documents, of their tokens "
                f"{shares['total']:.0%}, of the tokens in the loss {shares['trained']:.0%}"
            )


def _is_taught(row: Conversation) -> bool:
    """Whether a row teaches the documents."""
    return row.source in (DOMAIN, DOCUMENTS)


def _share(rows: Counter[bool]) -> float:
    return rows[True] / max(1, rows.total())


def epochs_for(rows: int) -> float:
    """How often to go over a dataset of this size."""
    if rows <= EPOCHS[0][0]:
        return EPOCHS[0][1]
    for (low, most), (high, least) in pairwise(EPOCHS):
        if rows <= high:
            share = math.log(rows / low) / math.log(high / low)
            return round(most + (least - most) * share, 2)
    return EPOCHS[-1][1]


def percentiles(lengths: Iterable[int]) -> dict[str, int]:
    """Lengths in tokens, for the report."""
    ordered = sorted(lengths)
    if not ordered:
        return {}
    return {
        **{f"p{share}": ordered[min(len(ordered) - 1, len(ordered) * share // 100)] for share in (50, 95, 99)},
        "max": ordered[-1],
    }
