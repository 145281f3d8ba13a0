"""All sections taught by a model behind an endpoint, and what that cost."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import chain

from artifacts.records import digest
from artifacts.stage import StageError, Work
from tasks.generate.config import GenerateConfig, OpenAITeacher
from tasks.generate.corpus import distinct_sections
from tasks.generate.drafts import Drafts
from tasks.generate.lesson import Lesson, School
from tasks.generate.probing.controls import control_share
from tasks.generate.prompts import Prompts
from tasks.generate.retrieval.embed import embedder_of
from tasks.generate.retrieval.index import Index
from tasks.generate.retrieval.rag import with_context
from tasks.generate.strategies.multihop import entities, pairs, place
from tasks.generate.teach import teach, teach_pair
from tasks.models.endpoint.completion import RequestError
from tasks.models.endpoint.ledger import Ledger
from tasks.models.endpoint.rounds import in_order
from tasks.models.endpoint.session import account, open_chat, open_ledger

GO_ON = "Every reply that came back is kept; run again to go on"
UNDER_WAY = 4  # lessons for each request that may be in flight
WAITING = 4  # as many again may be done and wait for an earlier one: a slow one holds the others back no sooner
IN_BATCHES = 2000  # lessons under way where replies come by the day
TURN = 0.0005  # seconds that a thread may keep the interpreter while another waits; Python's own is ten times that
TICK = 1.0  # seconds between looks at what is spent


async def teach_by_model(work: Work[GenerateConfig], teacher: OpenAITeacher, drafts: Drafts) -> None:
    """Have the sections taught, and account for it."""
    config = work.config
    work.models["teacher"] = teacher.model
    work.notes.append(f"The teacher was {teacher.model} behind an OpenAI-compatible endpoint.")
    ledger = open_ledger(work, config.budget, config.prices, config.currency)
    async with AsyncExitStack() as stack:
        stack.enter_context(quick_turns())
        stack.enter_context(imports_kept())
        chats = [await open_chat(stack, endpoint, work, ledger, config.prices) for endpoint in config.endpoints()]
        judge = chats[1] if len(chats) > 1 else None
        total = work.counts["in"] - work.rejects["duplicate_section"]
        share, index = control_share(config, total), await open_index(work, teacher)
        school = School(config, chats[0], Prompts(config), judge, share, index)
        term = Term(work, drafts, ledger, UNDER_WAY * teacher.concurrency if teacher.batch is None else IN_BATCHES)
        lessons = (Lesson(school, (section,)) for section in distinct_sections(work))
        await term.hold("generate", lessons, teach, total)
        if "multihop" in config.strategies:
            await teach_pairs(term, school)
        if index is not None and config.retrieval.raft_share:
            await show_contexts(term, school)
    account(work, ledger, chats)
    if refused := sum(chat.usage.refused for chat in chats):
        work.notes.append(f"the endpoint refused {refused:,} requests (see the rejects); --force asks again")


@dataclass(frozen=True)
class Term:
    """Where lessons are held, and what they make is put down."""

    work: Work[GenerateConfig]
    drafts: Drafts
    ledger: Ledger
    width: int  # lessons under way at a time

    async def hold(
        self,
        title: str,
        lessons: Iterable[Lesson],
        teach: Callable[[Lesson], Awaitable[Lesson]],
        total: int,
        things: str = "sections",
    ) -> None:
        """Hold lessons side by side and put what they made into the drafts, in order.

        One that got no reply (the network, a busy server, no money left) stops the stage after all others were held,
        because publishing without it would leave it out for good.
        """
        missing, why, desks = 0, "", asyncio.Semaphore(self.width)
        with self.work.progress.task(title, total) as progress:

            async def held(lesson: Lesson) -> Lesson:
                async with desks:
                    try:
                        return await teach(lesson)
                    finally:
                        progress.advance()

            async with ticking(lambda: progress.say(self._spent())):
                async for outcome in in_order(lessons, held, self.width + self.width * WAITING // UNDER_WAY):
                    if isinstance(outcome, StageError):  # it says what to do
                        missing, why = missing + 1, str(outcome)
                    elif isinstance(outcome, RequestError):
                        missing, why = missing + 1, why or f"{outcome}. {GO_ON}"
                    elif isinstance(outcome, Exception):
                        raise outcome
                    else:
                        self._put_down(outcome)
        if missing:
            raise StageError(f"{title}: {missing:,} of {total:,} {things} lack replies: {why}")

    def _put_down(self, lesson: Lesson) -> None:
        self.drafts.add(lesson.taught)
        # replies come as they like: in an order of their own the artifact is the same from run to run
        for reason, record, detail in sorted(lesson.rejects, key=lambda left: (left[0], left[2], digest(left))):
            self.work.reject(reason, record, detail)
        self.drafts.note(lesson.section.id, [reason for reason, _, _ in lesson.rejects])

    def _spent(self) -> str:
        """Tokens and money up to now, for the line of progress."""
        money = f", {self.ledger.money:,.2f} {self.ledger.currency}" if self.ledger.prices else ""
        return f"{self.ledger.tokens:,} tokens{money}"


@contextmanager
def imports_kept() -> Iterator[None]:
    """Have the garbage collector leave alone what was there before, above all the imported libraries: to walk through
    them again and again takes a tenth of the time."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def quick_turns() -> Iterator[None]:
    """Let threads take turns more often: who writes to the disk must not wait for who looks at replies."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


@asynccontextmanager
async def ticking(tick: Callable[[], None]) -> AsyncIterator[None]:
    """Do something every second, meanwhile: a lesson may take minutes, and replies come all the time."""

    async def go_on() -> None:
        while True:
            await asyncio.sleep(TICK)
            tick()

    ticker = asyncio.create_task(go_on())
    try:
        yield
    finally:
        ticker.cancel()


async def teach_pairs(term: Term, school: School) -> None:
    """A second round over pairs of sections whose facts name the same things."""
    work, drafts = term.work, term.drafts
    places = {section.id: place(section) for section in distinct_sections(work)}
    chosen = pairs(drafts.sharing(entities), places, work.config.max_hops, work.config.seed)
    wanted = set(chain.from_iterable(chosen))
    sections = {section.id: section for section in distinct_sections(work) if section.id in wanted}
    lessons = (Lesson(school, (sections[first], sections[second])) for first, second in chosen)
    if not chosen:
        work.notes.append("multihop: no two sections have facts about one thing, so nothing was asked over two")
    await term.hold("multihop", lessons, teach_pair, len(chosen), "pairs of sections")


async def show_contexts(term: Term, school: School) -> None:
    """A last round, when all control facts are known: rows that show sections, none of which holds a control."""
    drafts = term.drafts
    hidden = {quote.section for fact in drafts.controls() for quote in fact.evidence}

    async def show(lesson: Lesson) -> Lesson:
        return await with_context(lesson, list(drafts.pairs(lesson.section.id)), hidden)

    shown = (section for section in distinct_sections(term.work) if section.id not in hidden)
    total = sum(1 for section in distinct_sections(term.work) if section.id not in hidden)
    await term.hold("raft", (Lesson(school, (section,)) for section in shown), show, total)


async def open_index(work: Work[GenerateConfig], teacher: OpenAITeacher) -> Index | None:
    """All sections, to be searched, where rows are made of more than one; None where they are not."""
    if not work.config.retrieves:
        return None
    index = Index(work.scratch / "index", embedder_of(work.config.retrieval, teacher, work.memo))
    await index.fill(distinct_sections(work))
    return index
