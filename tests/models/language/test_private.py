"""Personal data and secrets, on labelled texts and where texts of one row belong together."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import yaml

from tasks.models.language.credentials import IN_ADDRESS
from tasks.models.language.private import MASKS, finds, mask

LABELLED = yaml.safe_load(Path(__file__).with_name("private.yaml").read_text(encoding="utf-8").replace("·", ""))
MARKED = re.compile(r"⟦(\w+):(.*?)⟧", re.DOTALL)
LEAST = 0.97


def read(marked: str) -> tuple[str, set[tuple[str, int, int]]]:
    """A text without its marks, and the places that they name."""
    text, places, end = "", set(), 0
    for mark in MARKED.finditer(marked):
        text += marked[end : mark.start()]
        places.add((mark[1], len(text), len(text) + len(mark[2])))
        text, end = text + mark[2], mark.end()
    return text + marked[end:], places


def measured() -> dict[str, Counter[str]]:
    """Of each kind, how many places were to be found, were found, and were found though not to be."""
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in MASKS}
    for marked in LABELLED["found"] + LABELLED["look_alikes"]:
        text, wanted = read(marked)
        found = {(find.kind, find.start, find.end) for find in finds(text)}
        for name, places in (("right", found & wanted), ("missed", wanted - found), ("wrong", found - wanted)):
            for kind, start, end in places:
                counts[kind][name] += 1
                if name != "right":
                    print(name, kind, repr(text[start:end]), "in", text)  # noqa: T201
    return counts


def test_labelled_texts_are_told_apart() -> None:
    counts = measured()
    assert sum(counts.values(), Counter())["right"] >= 80
    assert len(LABELLED["look_alikes"]) >= 80
    for kind, count in counts.items():
        assert count["right"] >= LEAST * (count["right"] + count["missed"]), (kind, count)
        assert count["right"] >= LEAST * (count["right"] + count["wrong"]), (kind, count)


def test_what_one_text_tells_to_be_private_is_so_in_all() -> None:
    masked = mask(["电话：81234567 转财务", "81234567", "编号 812345670"], ["phones"])
    assert masked.texts == ("电话：<phone> 转财务", "<phone>", "编号 812345670")
    assert masked.counts == {"phones": 1}


def test_only_the_kinds_that_are_asked_for_are_found() -> None:
    text = "ops@kelvora.example, 13800138000"
    assert mask([text], ["emails"]).texts == ("<email>, 13800138000",)
    assert mask([text], []).texts == (text,)


def test_masking_again_changes_nothing() -> None:
    texts = [read(marked)[0] for marked in LABELLED["found"]]
    once = [mask([text], MASKS).texts[0] for text in texts]
    assert [mask([text], MASKS).texts[0] for text in once] == once


def test_a_password_that_one_text_calls_a_default_is_public_in_all() -> None:
    texts = ["密码：admin123", "出厂密码：admin123", "管理员密码：Hs@2024!"]
    assert mask(texts, MASKS).texts == (*texts[:2], "管理员密码：<key>")


def test_no_scheme_begins_within_a_long_word() -> None:
    """Or each letter of a word would be tried as the beginning of an address: a minute for a long one."""
    assert IN_ADDRESS.search("ab://u:secret1@h")
    assert not IN_ADDRESS.search("a" * 30 + "://u:secret1@h")
