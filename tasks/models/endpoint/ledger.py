"""What asking costs, and that it never costs more than it may.

Before a request is sent its worst case is reserved, and what the endpoint reports takes its place. The memo has both,
the first before anything is sent and the other with the reply, so a killed run's next one knows what was spent, and
what may have been: requests that were in flight or about to be, or were given up after they had been sent, stay
reserved as possibly billed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from artifacts.memo import Item, Memo
from artifacts.stage import SettingError, StageError
from tasks.models.config import Budget, OpenAIEndpoint, Price
from tasks.models.endpoint.completion import Reply

KIND = "ledger"  # of the memo's items
TEMPLATE_TOKENS = 64  # a chat template may add a system prompt of its own
FREE = Price(input=0.0, output=0.0)
IN_BATCHES = " in batches"  # behind the name of a model that is asked so, which is accounted for apart
BATCH_SHARE = 0.5  # of what a request costs otherwise; the price table's entry for a batch holds it


class BudgetError(StageError):
    """The next request might cost more than the budget still holds; nothing is lost, and a larger one goes on."""


@dataclass(frozen=True)
class Count:
    """Requests and their tokens."""

    requests: int = 0
    input: int = 0
    cached: int = 0  # among the input
    output: int = 0

    @property
    def tokens(self) -> int:
        return self.input + self.output

    def holds(self, other: Count) -> bool:
        return self.requests >= other.requests and self.input >= other.input and self.output >= other.output

    def __add__(self, other: Count) -> Count:
        return Count(
            self.requests + other.requests,
            self.input + other.input,
            self.cached + other.cached,
            self.output + other.output,
        )

    def __neg__(self) -> Count:
        return Count(-self.requests, -self.input, -self.cached, -self.output)


@dataclass
class Model:
    """What was asked of one model."""

    spent: Count = field(default_factory=Count)
    possibly_billed: Count = field(default_factory=Count)
    reserved: Count = field(default_factory=Count)
    left: Count = field(default_factory=Count)  # reserved by runs that ended before they knew; possibly billed, too
    estimated: int = 0  # requests among the spent whose tokens the endpoint did not report

    @property
    def committed(self) -> Count:
        return self.spent + self.possibly_billed + self.left + self.reserved


@dataclass(frozen=True)
class Total:
    """What one model cost up to now, in tokens and money; `possibly_billed` comes on top, at its worst."""

    requests: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    money: float
    estimated: int
    possibly_billed: Count
    possibly_billed_money: float


class Reservation:
    """The worst case of one request, until it is known what became of it."""

    def __init__(self, ledger: Ledger, model: str, worst: Count, resumes: bool) -> None:
        self._ledger, self._model, self._worst, self._resumes = ledger, model, worst, resumes
        self.open, self.sent = True, False

    async def settle(self, reply: Reply, *kept: Item) -> None:
        """Count what the reply cost, and keep `kept` with it in one transaction.

        A side that the endpoint does not report costs what it may have cost. That is as many tokens as the reply has
        bytes where its reasoning is shown, or no limit is known, and else its limit: reasoning may be hidden.
        """
        sent, received = reply.input_tokens, reply.output_tokens
        estimated = sent is None or received is None
        said, most = len((reply.text + reply.reasoning).encode()), self._worst.output
        shown = min(said, most or said) if reply.reasoning else most or said
        count = Count(
            1,
            self._worst.input if sent is None else sent,
            reply.cached_tokens,
            shown if received is None else received,
        )
        self._close(Model(spent=count, estimated=int(estimated)))
        await self._ledger._write(kept)

    async def release(self, *kept: Item) -> None:
        """Free what is reserved: the request was refused, or not sent, and costs nothing."""
        self._close(Model())
        await self._ledger._write(kept)

    def lose(self) -> None:
        """Leave it reserved for good: the request was sent, and nobody knows what became of it.

        On disk it is reserved already, and nobody will settle it.
        """
        self._close(Model(possibly_billed=self._worst))

    def leave(self) -> None:
        """The run ends before it is known what became of it: a later one may ask for it, or else it is lost."""
        self._close(Model(left=self._worst) if self._resumes else Model(possibly_billed=self._worst))

    def _close(self, cost: Model) -> None:
        self.open = False
        cost.reserved = -self._worst
        self._ledger._book(self._model, cost)


class Ledger:
    """Counts what is spent on one account, and holds it within a budget; several clients may share it.

    An account is the making of one artifact: what earlier runs spent on it counts. Only one process at a time may
    use an account. `dials` names what holds its budget in the configuration.
    """

    def __init__(
        self,
        memo: Memo,
        account: str,
        budget: Budget | None = None,
        prices: Mapping[str, Price] | None = None,
        currency: str = "USD",
        *,
        dials: str = "generate",
    ) -> None:
        self.budget, self.prices, self.currency = budget or Budget(), dict(prices or {}), currency
        self._memo, self._account, self._dials = memo, account, dials
        self._models = {name: _read(model) for name, model in (memo.get(KIND, account) or {}).items()}
        self._in_flight = 0
        self._turn, self._changed = asyncio.Lock(), asyncio.Event()

    @asynccontextmanager
    async def reserve(self, model: str, worst: Count, *, resumes: bool = False) -> AsyncIterator[Reservation]:
        """Hold the worst case of a request while it is sent; one that was `sent` and is left open may have been billed.

        Where others in flight hold what it needs, it waits for them. Raises BudgetError where that would not help.
        `resumes`: it is sent in a way that outlives the run, so that what an earlier run left reserved is for it.
        """
        async with self._turn:
            resumed = resumes and self._models.get(model, Model()).left.holds(worst)
            while not resumed and (lacking := self._lacking(model, worst)) is not None:
                if not self._in_flight:
                    raise BudgetError(lacking)
                self._changed.clear()
                await self._changed.wait()
            self._in_flight += 1
            self._book(model, Model(reserved=worst, left=-worst if resumed else Count()))
        reservation = Reservation(self, model, worst, resumes)
        try:
            await self._write()
            yield reservation
        finally:
            if reservation.open and reservation.sent:
                reservation.leave()
            self._in_flight -= 1
            self._changed.set()
            if reservation.open:
                await reservation.release()

    def totals(self) -> dict[str, Total]:
        """What was spent, by model."""
        return {
            name: Total(
                requests=model.spent.requests,
                input_tokens=model.spent.input,
                cached_tokens=model.spent.cached,
                output_tokens=model.spent.output,
                money=self._money(name, model.spent),
                estimated=model.estimated,
                possibly_billed=model.possibly_billed + model.left,
                possibly_billed_money=self._money(name, model.possibly_billed + model.left),
            )
            for name, model in sorted(self._models.items())
        }

    @property
    def money(self) -> float:
        """What was spent on all models, in `currency`; what is possibly billed is not in it."""
        return sum(total.money for total in self.totals().values())

    @property
    def tokens(self) -> int:
        """Tokens sent and received, of all models."""
        return sum(model.spent.tokens for model in self._models.values())

    def _book(self, name: str, cost: Model) -> None:
        """Add to what a model cost."""
        model = self._models.setdefault(name, Model())
        model.spent += cost.spent
        model.possibly_billed += cost.possibly_billed
        model.reserved += cost.reserved
        model.left += cost.left
        model.estimated += cost.estimated

    async def _write(self, kept: Sequence[Item] = ()) -> None:
        """Have all that is booked on disk, together with `kept`."""
        models = {name: asdict(model) for name, model in self._models.items()}
        await self._memo.put_together([*kept, Item(KIND, self._account, models)])

    def _money(self, name: str, count: Count) -> float:
        return self.prices.get(name, FREE).cost(count.input, count.output, count.cached)

    def _lacking(self, name: str, worst: Count) -> str | None:
        """Which part of the budget does not hold another request, in words."""
        committed = {model: counts.committed for model, counts in self._models.items()}
        used = Count()
        for count in committed.values():
            used += count
        money = sum(self._money(model, count) for model, count in committed.items())
        parts: list[tuple[str, float | None, float, float, str]] = [
            ("money", self.budget.money, money, self._money(name, worst), f" {self.currency}"),
            ("tokens", self.budget.tokens, used.tokens, worst.tokens, " tokens"),
            ("requests", self.budget.requests, used.requests, worst.requests, " requests"),
        ]
        for part, limit, spent, more, unit in parts:
            if limit is not None and spent + more > limit:
                return self._told(part, limit, spent, more, unit)
        return None

    def _told(self, part: str, limit: float, spent: float, more: float, unit: str) -> str:
        lost = [(name, model.possibly_billed + model.left) for name, model in self._models.items()]
        requests = sum(count.requests for _, count in lost)
        amounts = {
            "money": sum(self._money(name, count) for name, count in lost),
            "tokens": sum(count.tokens for _, count in lost),
            "requests": requests,
        }
        doubtful = f", of which {_figure(amounts[part])} for {requests} requests that may not have been billed"
        return (
            f"the budget is used up: {_figure(spent)} of {_figure(limit)}{unit} are spent"
            f"{doubtful if requests else ''}, and the next request may take up to {_figure(more)}. Every reply that "
            f"came back is kept; `graft plan` tells what the rest needs: raise {self._dials}.budget.{part} and run "
            "again"
        )


def price_list(prices: Mapping[str, Price]) -> dict[str, Price]:
    """Prices by the names that models have in a ledger: each as it is, and in batches."""
    return {**prices, **{f"{model}{IN_BATCHES}": price.times(BATCH_SHARE) for model, price in prices.items()}}


def billed(endpoint: OpenAIEndpoint, prices: Mapping[str, Price]) -> tuple[str, Price | None]:
    """A model's name in a ledger, the way it is asked, and what it costs so; None where its price is not known."""
    name = endpoint.model if endpoint.batch is None else f"{endpoint.model}{IN_BATCHES}"
    return name, price_list(prices).get(name)


def worst_case(body: Mapping[str, Any]) -> Count:
    """The most that a request can be billed for.

    A token of a byte-level tokenizer is at least one byte long, and a message's frame in the JSON is longer than its
    frame in a chat template. Without a limit for its reply, a request's output counts as 0.
    """
    limits = [body[name] for name in ("max_tokens", "max_completion_tokens") if body.get(name)]
    return Count(1, sent_bytes(body) + TEMPLATE_TOKENS, 0, max(limits, default=0))


def sent_bytes(body: Mapping[str, Any]) -> int:
    return len(json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def check_budget(
    endpoint: OpenAIEndpoint, budget: Budget, prices: Mapping[str, Price], dials: str = "generate"
) -> None:
    """Raise SettingError for a budget that could not be held with this endpoint; `dials` is where it is set."""
    if budget.money is not None and endpoint.model not in prices:
        raise SettingError(
            f"{dials}.budget.money: the price of {endpoint.model} is not known; add it to {dials}.prices: "
            f"{{{json.dumps(endpoint.model)}: {{input: ..., output: ...}}}}, for a million tokens"
        )
    if endpoint.max_tokens is None and (budget.money is not None or budget.tokens is not None):
        raise SettingError(
            f"{dials}.budget: a reply of {endpoint.model} has no longest length, so that no request's cost can be "
            "known before; set its max_tokens"
        )


def _read(counts: dict[str, Any]) -> Model:
    """A model's counts out of the memo; what was reserved there belongs to a run that is no more."""
    read = {name: Count(**counts[name]) for name in ("spent", "possibly_billed", "reserved", "left")}
    left = read["left"] + read["reserved"]
    return Model(read["spent"], read["possibly_billed"], left=left, estimated=counts["estimated"])


def _figure(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:,.6g}"
