"""A model's tokenizer for counting alone: its file is found without loading a model, and read without transformers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from artifacts.stage import SettingError
from artifacts.store import source_sha256
from tasks.models.config import EMBEDDED, EMBEDDED_FOLDER, looks_local

FILE = "tokenizer.json"
WHERE = "parse.tokenizer or mix.tokenizer (where they are not set, the model of sft.model.path)"
ADVICE = "name a model's folder, a hub id that can be reached or is in the hub's cache, or `embedded`"


def tokenizer_identity(name: str) -> str:
    """What names a tokenizer in a key: the digest of a folder's file, or the hub id."""
    folder = _folder(name)
    return f"sha256:{source_sha256(_in(folder, name))}" if folder else name


def tokenizer_file(name: str) -> Path:
    """The file that tells all of a tokenizer; one at a hub is fetched into the hub's cache, unless it is there."""
    if folder := _folder(name):
        return _in(folder, name)
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    repository, _, revision = name.partition("@")
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # it tells of each try to reach the hub
    with suppress(LocalEntryNotFoundError, ValueError):  # what is in the cache is taken without asking the hub
        return Path(hf_hub_download(repository, FILE, revision=revision or None, local_files_only=True))
    try:
        return Path(hf_hub_download(repository, FILE, revision=revision or None))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        why = type(error).__name__
        raise SettingError(f"{WHERE}: {name}: there is no {FILE} to be had ({why}); {ADVICE}") from None


@lru_cache(maxsize=1)
def counter(file: Path) -> Callable[[list[str]], list[int]]:
    """A function from texts to how many tokens each has, special tokens left out."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def count(texts: list[str]) -> list[int]:
        return [len(encoding.ids) for encoding in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]

    return count


def _folder(name: str) -> Path | None:
    if name == EMBEDDED:
        return EMBEDDED_FOLDER
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if looks_local(name):
        raise SettingError(f"{WHERE}: {name} is no folder on this machine; {ADVICE}")
    return None


def _in(folder: Path, name: str) -> Path:
    if not (file := folder / FILE).is_file():
        raise SettingError(f"{WHERE}: {name}: there is no {FILE}; save the model's fast tokenizer there")
    return file
