"""What a model as teacher will be asked, before it is asked: requests, tokens, money."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from artifacts.memo import Memo
from artifacts.records import Section
from tasks.generate.config import GenerateConfig, OfflineTeacher
from tasks.generate.lesson import Lesson, School
from tasks.generate.prompts import Prompts
from tasks.generate.rehearse import Rehearsal
from tasks.generate.teach import teach
from tasks.models.ledger import billed

MOST_FOUND = 20  # sections that a question may be answered from


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

    The lessons are held with a teacher that makes replies up, so every strategy is counted by its own code, and what
    the memo keeps is counted out. Replies that have to be asked for again come on top, and `multihop`, whose pairs are
    known when the facts are.
    """
    if isinstance(config.teacher, OfflineTeacher):
        return []
    actors = [Rehearsal(endpoint, config, memo) for endpoint in config.endpoints()]
    judge = actors[1] if len(actors) > 1 else None
    index = Neighbours() if config.retrieves else None
    school = School(config, actors[0], Prompts(config), judge, index=index, rehearsed=True)
    seen: set[str] = set()

    async def rehearse() -> None:
        for section in sections:
            if section.id not in seen:
                seen.add(section.id)
                if index is not None:
                    index.last.append(section)
                await teach(Lesson(school, (section,)))

    asyncio.run(rehearse())
    return [_told(actor, config) for actor in actors]


class Neighbours:
    """Stands in for the index of all sections: whichever came last are found."""

    def __init__(self) -> None:
        self.last: deque[Section] = deque(maxlen=MOST_FOUND)

    async def best(self, question: str, count: int) -> list[Section]:
        return list(self.last)[-count:]


def _told(actor: Rehearsal, config: GenerateConfig) -> Estimate:
    count = actor.count
    name, price = billed(actor.endpoint, config.prices)
    money = None if price is None else price.cost(count.input_tokens, count.output_tokens)
    return Estimate(name, count.requests, count.kept, count.input_tokens, count.output_tokens, money)
