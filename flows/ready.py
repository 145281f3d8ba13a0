"""Whether all is there that a run will ask endpoints with: keys, prices, limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from artifacts.stage import SettingError
from tasks.clean.config import CleanConfig
from tasks.generate.config import GenerateConfig
from tasks.models.config import Budget, OpenAIEndpoint, Price
from tasks.models.endpoint.chat import read_key
from tasks.models.endpoint.ledger import check_budget


def lacking(config: GenerateConfig | CleanConfig) -> Iterator[SettingError]:
    """What would stop a stage before anything is paid for."""
    for dials, endpoints, budget, prices in _asked(config):
        for endpoint in endpoints:
            for address in endpoint.addresses:
                try:
                    read_key(address)
                except SettingError as error:
                    yield error
            try:
                check_budget(endpoint, budget, prices, dials)
            except SettingError as error:
                yield error


def _asked(
    config: GenerateConfig | CleanConfig,
) -> Iterator[tuple[str, Sequence[OpenAIEndpoint], Budget, dict[str, Price]]]:
    """The endpoints on one account, with the name of the dials that hold its budget and prices."""
    if isinstance(config, GenerateConfig):
        yield "generate", config.endpoints(), config.budget, config.prices
    elif (judge := config.judge) is not None:
        yield "clean.judge", (judge.endpoint,), judge.budget, judge.prices
