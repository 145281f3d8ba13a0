"""What a stage asks of models behind endpoints while it makes one artifact, all on one account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from typing import Any

from artifacts.stage import Work
from tasks.models.config import Budget, OpenAIEndpoint, Price
from tasks.models.endpoint.batch import BatchTransport
from tasks.models.endpoint.chat import Chat
from tasks.models.endpoint.ledger import Ledger, billed, price_list


def open_ledger(
    work: Work[Any], budget: Budget, prices: Mapping[str, Price], currency: str, dials: str = "generate"
) -> Ledger:
    """What making this artifact cost up to now, and may cost."""
    account = f"{work.config.stage} {work.key}"
    return Ledger(work.memo, account, budget, price_list(prices), currency, dials=dials)


async def open_chat(
    stack: AsyncExitStack, endpoint: OpenAIEndpoint, work: Work[Any], ledger: Ledger, prices: Mapping[str, Price]
) -> Chat:
    """The line to one model; what was refused before is asked again where the stage is forced."""
    name, _ = billed(endpoint, prices)
    transport = None
    if endpoint.batch is not None:
        transport = (await stack.enter_async_context(BatchTransport(endpoint, work.memo, endpoint.batch))).send
    chat = Chat(endpoint, work.memo, ledger, transport=transport, billed_as=name, ask_refused=work.force)
    return await stack.enter_async_context(chat)


def account(work: Work[Any], ledger: Ledger, chats: Sequence[Chat]) -> None:
    """Put into the manifest what making this artifact cost, over all runs that it took."""
    totals = ledger.totals()
    work.counts["requests"] = sum(chat.usage.requests for chat in chats)
    work.counts["reused"] = sum(chat.usage.reused for chat in chats)
    work.spent.requests = sum(total.requests for total in totals.values())
    work.spent.input_tokens = sum(total.input_tokens for total in totals.values())
    work.spent.output_tokens = sum(total.output_tokens for total in totals.values())
    work.spent.money, work.spent.currency = round(ledger.money, 6), ledger.currency
    work.facts["spent"] = {name: asdict(total) for name, total in totals.items()}
    doubtful = sum(total.possibly_billed.requests for total in totals.values())
    if doubtful:
        work.notes.append(f"{doubtful} requests got no reply and may have been billed all the same")
