"""What a model as teacher will be asked, before it is asked: requests, tokens, money."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from artifacts.memo import Memo
from artifacts.records import Section
from tasks.generate.config import GenerateConfig, OfflineTeacher
from tasks.generate.lesson import Lesson, School
from tasks.generate.prompts import Prompts
from tasks.generate.rehearse import Rehearsal
from tasks.generate.retrieval.index import Index
from tasks.generate.teach import teach
from tasks.models.endpoint.ledger import billed


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
    known when the facts are. Sections that would be found by embeddings are found by words here.
    """
    if isinstance(config.teacher, OfflineTeacher):
        return []
    actors = [Rehearsal(endpoint, config, memo) for endpoint in config.endpoints()]
    school = School(config, actors[0], Prompts(config), actors[1] if len(actors) > 1 else None, rehearsed=True)
    asyncio.run(_rehearse(school, _distinct(sections)))
    return [_told(actor, config) for actor in actors]


async def _rehearse(school: School, sections: Iterable[Section]) -> None:
    if not school.config.retrieves:
        for section in sections:
            await teach(Lesson(school, (section,)))
        return
    with TemporaryDirectory() as folder:
        index = Index(Path(folder))
        await index.fill(sections)
        for section in index.all():
            await teach(Lesson(replace(school, index=index), (section,)))
        index.close()


def _distinct(sections: Iterable[Section]) -> Iterator[Section]:
    seen: set[str] = set()
    for section in sections:
        if section.id not in seen:
            seen.add(section.id)
            yield section


def _told(actor: Rehearsal, config: GenerateConfig) -> Estimate:
    count = actor.count
    name, price = billed(actor.endpoint, config.prices)
    money = None if price is None else price.cost(count.input_tokens, count.output_tokens)
    return Estimate(name, count.requests, count.kept, count.input_tokens, count.output_tokens, money)
