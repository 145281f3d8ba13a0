"""Counting by a model's tokenizer, wherever its file is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from artifacts.stage import SettingError
from tasks.models.config import EMBEDDED, EMBEDDED_FOLDER
from tasks.models.tokens import counter, tokenizer_file, tokenizer_identity

TEXTS = ["The tank holds five litres.", "水箱的容量是五升。", ""]


def test_tokens_are_those_of_the_tokenizer_without_special_ones() -> None:
    tokenizer = Tokenizer.from_file(str(EMBEDDED_FOLDER / "tokenizer.json"))
    expected = [len(tokenizer.encode(text, add_special_tokens=False).ids) for text in TEXTS]
    assert counter(tokenizer_file(EMBEDDED))(TEXTS) == expected
    assert expected[2] == 0


def test_a_tokenizer_is_named_by_what_it_holds(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    shutil.copy(EMBEDDED_FOLDER / "tokenizer.json", folder)
    assert tokenizer_identity(str(folder)) == tokenizer_identity(EMBEDDED)
    text = (folder / "tokenizer.json").read_text(encoding="utf-8")
    (folder / "tokenizer.json").write_text(text + "\n", encoding="utf-8")
    assert tokenizer_identity(str(folder)) != tokenizer_identity(EMBEDDED)


def test_one_in_the_hubs_cache_is_taken_without_asking_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    repository = tmp_path / "models--owner--name"
    (repository / "snapshots" / commit).mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)
    shutil.copy(EMBEDDED_FOLDER / "tokenizer.json", repository / "snapshots" / commit)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert tokenizer_file("owner/name@main") == repository / "snapshots" / commit / "tokenizer.json"
    with pytest.raises(SettingError, match=r"parse\.tokenizer .*: owner/other: there is no tokenizer\.json"):
        tokenizer_file("owner/other")


@pytest.mark.parametrize("name", ["/nowhere", "./nowhere", "a/b/c"])
def test_a_folder_that_is_not_there_says_so(name: str) -> None:
    with pytest.raises(SettingError, match=r"parse\.tokenizer .* is no folder on this machine"):
        tokenizer_identity(name)


def test_a_folder_without_the_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"there is no tokenizer\.json; save"):
        tokenizer_file(str(tmp_path))
