"""The files that some operators read besides the rows: data-juicer would download them, and a run downloads nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from artifacts.stage import SettingError
from artifacts.store import source_sha256
from tasks.clean.operators.catalogue import values
from tasks.models.config import EMBEDDED, EMBEDDED_FOLDER, folder_sha256
from tasks.models.tokens import FILE

TOKENIZED = (
    "alphanumeric_filter",
)  # take a tokenizer that data-juicer would fetch: `tokenizer: embedded`, or a folder
SENTENCEPIECE = ("flagged_words_filter", "stopwords_filter", "word_repetition_filter", "words_num_filter")
SPACY = ("text_action_filter", "text_entity_dependency_filter")
WORD_LISTS = {"flagged_words_filter": "flagged_words", "stopwords_filter": "stopwords"}


class Asset(NamedTuple):
    """A file, or a model's folder, that an operator can't do without."""

    name: str
    path: Path | None  # where it lies; None where nobody put it
    advice: str

    def sha256(self) -> str | None:
        if self.path is None:
            return None
        return folder_sha256(self.path) if self.path.is_dir() else source_sha256(self.path)


def outside(name: str, parameters: dict[str, Any], tokenizer: str) -> dict[str, str]:
    """Digests of what an operator reads that is not in the store; raises SettingError for what is not there."""
    found = {}
    for asset in _assets(name, values(name, parameters), tokenizer):
        if (sha256 := asset.sha256()) is None:
            raise SettingError(
                f"clean.operators: {name}: wants {asset.name}, which is not there, and a run downloads nothing; "
                f"{asset.advice}, or remove the operator"
            )
        found[f"{name}: {asset.name}"] = sha256
    return found


def tokenizer_folder(name: str) -> Path:
    return EMBEDDED_FOLDER if name == EMBEDDED else Path(name).expanduser()


def _assets(name: str, given: dict[str, Any], tokenizer: str) -> Iterator[Asset]:
    if name in TOKENIZED and given["tokenization"]:
        file = tokenizer_folder(tokenizer) / FILE
        yield Asset(str(file), _there(file), "name a folder that holds a model's tokenizer, or `tokenizer: embedded`")
    if name in WORD_LISTS:
        yield _word_list(WORD_LISTS[name], Path(given[f"{WORD_LISTS[name]}_dir"] or assets_folder()))
    if name == "perplexity_filter" or (name in SENTENCEPIECE and given["tokenization"]):
        yield _model(f"{given['lang']}.sp.model")
    if name == "document_minhash_deduplicator" and given["tokenization"] == "sentencepiece":
        yield _model(given["tokenizer_model"] or "tokenizer_model")
    if name == "perplexity_filter":
        yield _model(f"{given['lang']}.arpa.bin")
    if name == "language_id_score_filter":
        yield _model("lid.176.bin")
    if name in SPACY:
        yield _model(f"{given['lang']}_core_web_md-3.7.0.tar.gz")
    if name == "sentence_split_mapper":
        why = "data-juicer fetches it each time, even where it lies in a folder of NLTK_DATA: split sentences yourself"
        yield Asset("nltk's tokenizers/punkt/english.pickle", None, why)
    for parameter, model in given.items():
        named = parameter.startswith("hf_") or parameter.endswith("hf_model")
        if isinstance(model, str) and named and given.get("is_hf_model", True):
            yield _hub_model(parameter, model)


def _word_list(words: str, folder: Path) -> Asset:
    """Any JSON file with the list's name in its own: {"en": [...], "zh": [...]}."""
    files = sorted(folder.glob(f"*{words}*.json"))
    advice = f'put a JSON file of words by language, {{"en": [...], "zh": [...]}}, there as {folder / f"{words}.json"}'
    return Asset(f"{words}.json", files[0] if files else None, advice)


def _model(file: str) -> Asset:
    """A file as data-juicer's check_model looks for it: by its own path, in the external folders, in its cache."""
    external = os.environ.get("DATA_JUICER_EXTERNAL_MODELS_HOME", "").split(os.pathsep)
    folders = [Path(), *(Path(each.strip()) for each in external if each.strip()), models_folder()]
    found = (_there(folder / file) for folder in folders)
    return Asset(file, next(filter(None, found), None), f"put it there as {models_folder() / file}")


def _hub_model(parameter: str, name: str) -> Asset:
    external = os.environ.get("DATA_JUICER_EXTERNAL_MODELS_HOME")
    folders = [Path(name), *([Path(external) / name] if external else [])]
    folder = next((each for each in folders if each.is_dir()), None)
    return Asset(f"the model {name}", folder, f"name a model's folder as {parameter}")


def _there(path: Path) -> Path | None:
    return path if path.exists() else None


# As data_juicer.utils.cache_utils has them, which takes seconds to import.
def _cache() -> Path:
    home = Path(os.environ.get("CACHE_HOME", "~/.cache")) / "data_juicer"
    return Path(os.environ.get("DATA_JUICER_CACHE_HOME", home)).expanduser()


def assets_folder() -> Path:
    return Path(os.environ.get("DATA_JUICER_ASSETS_CACHE", _cache() / "assets"))


def models_folder() -> Path:
    return Path(os.environ.get("DATA_JUICER_MODELS_CACHE", _cache() / "models"))
