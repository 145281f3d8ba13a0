"""What the judge will be asked at most, before it is asked: requests, tokens, money."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from typing import Any

from artifacts.memo import Memo
from artifacts.records import Message, QAPair
from tasks.clean.config import Judge
from tasks.clean.quality.judge import HIGHEST, verdict_on
from tasks.models.endpoint.rehearse import Estimate, Rehearsal

REASON = "The answer names the right value, but leaves out the condition under which the source says that it holds."


def estimate(rows: Iterable[QAPair], dials: Judge, memo: Memo | None = None) -> Estimate:
    """A forecast from the rows that clean is given, what the memo keeps counted out.

    It is the most: rows that clean leaves out before are not asked about, and the reply to a row that clean edits may
    be kept. Replies that have to be asked for again come on top.
    """
    rehearsal = Rehearsal(dials.endpoint, _made_up, memo)

    async def judge_all() -> None:
        for pair in rows:
            await verdict_on(pair, dials, rehearsal)

    asyncio.run(judge_all())
    return rehearsal.estimate(dials.prices)


def _made_up(messages: Sequence[Message], schema: dict[str, Any]) -> str:
    axes = schema["properties"]["scores"]["properties"]
    return json.dumps({"reason": REASON, "scores": dict.fromkeys(axes, HIGHEST)})
