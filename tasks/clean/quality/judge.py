"""Rows by what a model behind an endpoint says of them: a score from 1 to 5 on each of the axes that are named."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, suppress
from functools import cache
from pathlib import Path
from statistics import mean
from string import Template
from typing import Any, NamedTuple

from artifacts.records import Message, QAPair, digest, encodable
from artifacts.stage import StageError, Work
from tasks.clean.config import CleanConfig, Judge, explained
from tasks.clean.quality.scores import put_down, scores_of
from tasks.clean.rows import Rows
from tasks.models.endpoint.chat import Chat
from tasks.models.endpoint.completion import Reply, RequestError
from tasks.models.endpoint.rehearse import Rehearsal
from tasks.models.endpoint.rounds import in_order
from tasks.models.endpoint.session import account, open_chat, open_ledger

PROMPTS = Path(__file__).parent / "prompts"
TRIES = 2  # an unreadable reply is asked for once more
UNDER_WAY = 4  # rows for each request that may be in flight
IN_BATCHES = 50_000  # rows under way where replies come by the day
LOWEST, HIGHEST = 1, 5


class Verdict(NamedTuple):
    """What the judge says of a row; without scores, why there are none."""

    scores: dict[str, int] | None
    reason: str


class UnreadableError(Exception):
    """A reply that is not of the form; the text is what the judge is told."""


def by_judge(work: Work[CleanConfig], dials: Judge, rows: Rows) -> Iterator[QAPair]:
    """The rows whose mean score is not below the bound, and those that got none."""
    path = work.scratch / "judged.jsonl"
    asyncio.run(_judge(work, dials, rows, path))
    unjudged = 0
    with path.open(encoding="utf-8") as file, scores_of(work) as scores:
        for pair, line in zip(rows, file, strict=True):
            verdict = Verdict(*json.loads(line))
            average = mean(verdict.scores.values()) if verdict.scores else None
            keep = average is None or average >= dials.min_score
            score = None if average is None else round(average, 5)
            put_down(scores, "judge", pair, keep, score, axes=verdict.scores, reason=verdict.reason)
            unjudged += average is None
            if keep:
                yield pair
            else:
                given = ", ".join(f"{axis} {points}" for axis, points in (verdict.scores or {}).items())
                bound = f"mean {average:.3g}, below min_score {dials.min_score:g}"
                work.reject("low_judge_score", pair, f"{given} ({bound}): {verdict.reason}")
    if unjudged:
        work.counts["unjudged"] = unjudged
        work.notes.append(
            f"judge: {unjudged:,} rows have no score and stay (about/scores.jsonl says why); --force asks again where "
            "the endpoint refused"
        )


async def _judge(work: Work[CleanConfig], dials: Judge, rows: Rows, path: Path) -> None:
    """Put a verdict on each row into a file, in order; stop, when all were asked, where one got no reply."""
    work.models["judge"] = dials.endpoint.model
    ledger = open_ledger(work, dials.budget, dials.prices, dials.currency, "clean.judge")
    missing, why = 0, ""
    async with AsyncExitStack() as stack:
        chat = await open_chat(stack, dials.endpoint, work, ledger, dials.prices)
        file = stack.enter_context(path.open("w", encoding="utf-8"))
        progress = stack.enter_context(work.progress.task("judge", len(rows)))
        width = UNDER_WAY * dials.endpoint.concurrency if dials.endpoint.batch is None else IN_BATCHES
        async for outcome in in_order(rows, lambda pair: verdict_on(pair, dials, chat), width):
            progress.advance()
            if isinstance(outcome, StageError | RequestError):
                missing, why = missing + 1, why or str(outcome).rstrip(".")
            elif isinstance(outcome, Exception):
                raise outcome
            else:
                file.write(json.dumps(outcome) + "\n")
    account(work, ledger, [chat])
    if missing:
        raise StageError(
            f"clean.judge: {missing:,} of {len(rows):,} rows got no reply: {why}. Every reply that came back is kept; "
            "run again to go on"
        )


async def verdict_on(pair: QAPair, dials: Judge, chat: Chat | Rehearsal) -> Verdict:
    """What the judge says; a reply that can't be read is asked for once more, with what is wrong with it."""
    axes, language = tuple(dials.meanings), "zh" if pair.language == "zh" else "en"
    talk = request(pair, dials, language)
    wrong = ""
    for attempt in range(TRIES):
        try:
            reply = await chat.ask(talk, schema=form(axes), sample=attempt)
        except RequestError as error:
            if not error.refused:
                raise
            return Verdict(None, f"the endpoint refused: {error}")
        try:
            return read(reply, axes)
        except UnreadableError as error:
            wrong = str(error)
            if reply.text.strip() and reply.finish_reason == "stop":
                again = template(f"again.{language}.md").substitute(error=wrong)
                talk = [*talk, {"role": "assistant", "content": reply.text}, {"role": "user", "content": again}]
    return Verdict(None, f"unreadable after {TRIES} replies: {wrong}")


def request(pair: QAPair, dials: Judge, language: str) -> list[Message]:
    """The prompt, and the row between marks that hold a digest of it, so that no row can close them by itself."""
    meant = [(axis, meaning or explained(language).get(axis, "")) for axis, meaning in dials.meanings.items()]
    listed = "\n".join(f"- {axis}: {meaning}" if meaning else f"- {axis}" for axis, meaning in meant)
    example = {"reason": "..." if language == "en" else "……", "scores": dict.fromkeys(dials.meanings, HIGHEST)}
    system = template(f"judge.{language}.md").substitute(axes=listed, form=json.dumps(example, ensure_ascii=False))
    row = {
        "turns": list(pair.turns),
        "context": pair.context,
        "question": pair.question,
        "answer": pair.reply(),
        "evidence": [quote.text for quote in pair.evidence],
    }
    text = json.dumps({name: value for name, value in row.items() if value}, ensure_ascii=False, indent=1)
    mark = digest(text)[:8]
    return [
        {"role": "system", "content": system},
        {"role": "user", "content": f"<row {mark}>\n{text}\n</row {mark}>"},
    ]


@cache
def template(name: str) -> Template:
    return Template((PROMPTS / name).read_text(encoding="utf-8").strip())


@cache
def form(axes: Sequence[str]) -> dict[str, Any]:
    """The JSON schema of a reply."""
    points = {"type": "integer", "enum": list(range(LOWEST, HIGHEST + 1))}
    scores = {"type": "object", "properties": dict.fromkeys(axes, points), "required": list(axes)}
    fields = {"reason": {"type": "string"}, "scores": scores}
    return {"title": "JudgeReply", "type": "object", "properties": fields, "required": ["reason", "scores"]}


def read(reply: Reply, axes: Sequence[str]) -> Verdict:
    """The verdict of a reply; raises UnreadableError where it has not a whole score on each axis."""
    if reply.finish_reason == "length":
        raise UnreadableError("it was cut off; be shorter")
    text = reply.text.rpartition("</think>")[2]  # thoughts may hold braces of their own
    value: Any = None
    with suppress(ValueError, RecursionError):
        value = json.loads(text[text.find("{") : text.rfind("}") + 1])
    scores = value.get("scores") if isinstance(value, dict) else None
    if not isinstance(scores, dict):
        raise UnreadableError('it is not JSON of the form {"reason": ..., "scores": {...}}')
    for axis in axes:
        points = scores.get(axis)
        if isinstance(points, bool) or points not in range(LOWEST, HIGHEST + 1):
            raise UnreadableError(f"the score of {axis!r} must be a whole number from {LOWEST} to {HIGHEST}")
    return Verdict({axis: int(scores[axis]) for axis in axes}, str(encodable(str(value.get("reason", "")))))
