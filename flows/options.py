"""Options that most commands take: which configuration, and what is laid over it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from artifacts.store import Store
from configs.schema import Config, load

ConfigPath = Annotated[
    Path, typer.Option("--config", "-c", envvar="GRAFT_CONFIG", help="The YAML file; see configs/ for examples.")
]
Overrides = Annotated[
    list[str], typer.Option("--set", metavar="KEY=VALUE", help="Lay a value over the file's, such as sft.epochs=3.")
]
DEFAULT = Path("configs/quickstart.yaml")


def read(config: Path, overrides: list[str]) -> tuple[Config, Store]:
    loaded = load(config, overrides)
    return loaded, Store(loaded.store)
