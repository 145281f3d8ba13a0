"""What a model as teacher will be asked, before it is asked: requests, tokens, money."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from artifacts.memo import Memo
from artifacts.records import Section
from tasks.generate.config import GenerateConfig, OfflineTeacher
from tasks.generate.lesson import Lesson, School
from tasks.generate.prompts import Prompts
from tasks.generate.rehearse import Rehearsal
from tasks.generate.teach import teach


@dataclass(frozen=True)
class Estimate:
    """What is still to be asked of one model, and about what it costs, in the currency of the prices."""

    model: str
    requests: int
    kept: int  # replies that are in the memo
    input_tokens: int
    output_tokens: int
    money: float | None  # None where the model's price is not known


def estimate(sections: Iterable[Section], config: GenerateConfig, memo: Memo | None = None) -> list[Estimate]:
    """A forecast for the teacher and the judge, right to within a factor of about two.

    The lessons are held with a teacher that makes replies up, so every strategy is counted by its own code. What the
    memo keeps is counted out. Replies that have to be asked for again, questions over several sections and answers
    that are retrieved come on top.
    """
    if isinstance(config.teacher, OfflineTeacher):
        return []
    actors = [Rehearsal(endpoint, config, memo) for endpoint in config.endpoints()]
    school = School(config, actors[0], Prompts(config), judge=actors[1] if len(actors) > 1 else None)

    async def rehearse() -> None:
        for section in {section.id: section for section in sections}.values():
            await teach(Lesson(school, (section,)))

    asyncio.run(rehearse())
    return [_told(actor, config) for actor in actors]


def _told(actor: Rehearsal, config: GenerateConfig) -> Estimate:
    count, price = actor.count, config.prices.get(actor.endpoint.model)
    money = None if price is None else price.cost(count.input_tokens, count.output_tokens)
    return Estimate(actor.endpoint.model, count.requests, count.kept, count.input_tokens, count.output_tokens, money)
