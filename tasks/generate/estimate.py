"""What a model as teacher will be asked, before it is asked: requests, tokens, money."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from artifacts.memo import Memo
from artifacts.records import Section
from tasks.generate.config import GenerateConfig, OfflineTeacher
from tasks.generate.lesson import Lesson, School
from tasks.generate.made_up import MadeUp
from tasks.generate.prompts import Prompts
from tasks.generate.retrieval.index import Index
from tasks.generate.teach import teach
from tasks.models.endpoint.rehearse import Estimate, Rehearsal


def estimate(sections: Iterable[Section], config: GenerateConfig, memo: Memo | None = None) -> list[Estimate]:
    """A forecast for the teacher and the judge, right to within a factor of about two.

    The lessons are held with a teacher that makes replies up, so every strategy is counted by its own code, and what
    the memo keeps is counted out. Replies that have to be asked for again come on top, and `multihop`, whose pairs are
    known when the facts are. Sections that would be found by embeddings are found by words here.
    """
    if isinstance(config.teacher, OfflineTeacher):
        return []
    actors = [Rehearsal(endpoint, MadeUp(config), memo) for endpoint in config.endpoints()]
    school = School(config, actors[0], Prompts(config), actors[1] if len(actors) > 1 else None, rehearsed=True)
    asyncio.run(_rehearse(school, _distinct(sections)))
    return [actor.estimate(config.prices) for actor in actors]


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
