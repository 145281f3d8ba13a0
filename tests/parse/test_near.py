"""Documents that say nearly the same are told, and those that only share a subject are not."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tasks.parse.near import Near, fingerprint, near
from tests.parse.reading import parse

ENGLISH = [f"{a}{b}" for a in ("pump", "valve", "tank") for b in ("", "head", "box", "plate", "wire", "seal")]
CHINESE = "水箱滤芯电机阀门传感器螺丝钢板面板压力温度容量重量保修年月每次检查清洗更换安装"


def text(language: str, seed: int, length: int = 600) -> list[str]:
    chosen = random.Random(seed)
    return [chosen.choice(ENGLISH if language == "en" else CHINESE) for _ in range(length)]


def found(texts: dict[str, list[str]], join: str) -> list[Near]:
    whole = {name: join.join(words) for name, words in texts.items()}
    return list(near({name: fingerprint(said) for name, said in whole.items()}, whole.__getitem__))


@pytest.mark.parametrize(("language", "join"), [("en", " "), ("zh", "")])
def test_an_edited_copy_is_found_among_others(language: str, join: str) -> None:
    texts = {f"other {seed}": text(language, seed) for seed in range(40)}
    copy = list(texts["other 7"])
    copy[100], copy[300] = "changed", "改"
    texts["copy"] = [*copy, *text(language, 99, 20)]
    [one] = found(texts, join)
    assert (one.document, one.other) == ("copy", "other 7")
    assert 0.9 < one.similarity < 1


def test_a_document_that_shares_half_is_not_found() -> None:
    whole = text("en", 1)
    assert not found({"whole": whole, "half": whole[:300] + text("en", 2, 300)}, " ")


def test_the_shortest_texts_can_be_compared() -> None:
    assert [one.similarity for one in found({"a": ["one"], "b": ["one"], "c": [""]}, " ")] == [1.0]


def test_the_stage_tells_of_them_and_keeps_both(tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    words = text("en", 3)
    (folder / "manual 1.txt").write_text(" ".join(words), encoding="utf-8")
    (folder / "manual 2.txt").write_text(" ".join([*words[:500], "changed", *words[501:]]), encoding="utf-8")
    parsed = parse(folder, tmp_path / "store")
    first, second = parsed.documents
    assert (first["nearly"], second["nearly"]["document"]) == (None, first["document"])
    assert {section.file for section in parsed.sections} == {"manual 1.txt", "manual 2.txt"}
    [note] = parsed.manifest.notes
    assert "manual 2.txt is 99% manual 1.txt" in note
