"""Whether all is there that a run will ask endpoints with: keys, prices, limits."""

from __future__ import annotations

from collections.abc import Iterator

from artifacts.stage import SettingError
from tasks.generate.config import GenerateConfig
from tasks.models.endpoint.chat import read_key
from tasks.models.endpoint.ledger import check_budget


def lacking(config: GenerateConfig) -> Iterator[SettingError]:
    """What would stop a run before anything is paid for."""
    for endpoint in config.endpoints():
        for address in endpoint.addresses:
            try:
                read_key(address)
            except SettingError as error:
                yield error
        try:
            check_budget(endpoint, config.budget, config.prices)
        except SettingError as error:
            yield error
