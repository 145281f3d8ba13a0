"""Rows of books: their own text is the answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from artifacts.records import QAPair
from tasks.models.scripted import Request, ScriptedEndpoint
from tests.generate.school import dials, pairs, rejects, reply, run, section

SENTENCES = [
    "The sea was grey that morning.",
    "Nobody on the quay spoke.",
    "“We sail,” said the captain, “or we starve.”",
]
CHAPTER = "\n\n".join(f"{' '.join(SENTENCES)} It was the day {number} of the storm." for number in range(40))
NOVEL = section(CHAPTER, "The Grey Sea", "Chapter 1", file="books/sea.txt")
CHINESE = section("风很大。她说：“走吧。”没有人回答。船慢慢离开了码头。" * 20, language="zh", file="books/灰海.txt")


def tell(request: Request) -> str:
    if "style" not in request.messages[0]["content"] and "文风" not in request.messages[0]["content"]:
        return reply()
    rows: list[dict[str, Any]] = json.loads(request.prompt.split(">\n", 1)[1].rsplit("\n</", 1)[0])
    return reply(*({"passage": row["passage"], "account": f"Plainly told, number {row['passage']}."} for row in rows))


def made(root: Path, *sections: Any, script: Any = tell) -> tuple[list[QAPair], list[str]]:
    with ScriptedEndpoint(script) as endpoint:
        found = run(root, dials(endpoint.url, sources={"books/*": "book"}), sections)
    return pairs(*found), [row.reason for row in rejects(*found)]


def test_a_passage_is_continued_in_its_own_words(tmp_path: Path) -> None:
    rows, _ = made(tmp_path, NOVEL)
    continued = [row for row in rows if row.kind == "continuation"]
    assert len(continued) > 1
    for row in continued:
        assert CHAPTER.count(f"{row.context}\n\n{row.answer}") == 1
        assert row.answer.endswith("of the storm.")
        assert "The Grey Sea" in row.question
        assert row.evidence[0].text in row.answer
        assert row.evidence[0].start == CHAPTER.index(row.answer)
    assert sum(len(row.context) + len(row.answer) for row in continued) > 0.98 * len(CHAPTER)


def test_a_chinese_passage_is_cut_behind_its_sentences(tmp_path: Path) -> None:
    rows, _ = made(tmp_path, CHINESE)
    continued = [row for row in rows if row.kind == "continuation"]
    assert continued
    for row in continued:
        assert row.context.endswith(("。", "。”"))
        assert not row.answer.startswith("”")
        assert "《灰海》" in row.question  # of the file's name, for want of a heading
        assert row.context + row.answer in CHINESE.text


def test_a_plain_account_becomes_the_passage(tmp_path: Path) -> None:
    rows, _ = made(tmp_path, NOVEL)
    styled = [row for row in rows if row.kind == "style"]
    assert len(styled) == len([row for row in rows if row.kind == "continuation"])
    for row in styled:
        assert row.context.startswith("Plainly told")
        assert row.answer in CHAPTER
        assert "The Grey Sea" in row.question


def test_an_account_in_the_books_own_words_is_left_out(tmp_path: Path) -> None:
    def copy(request: Request) -> str:
        return reply({"passage": 1, "account": " ".join(SENTENCES)}, {"passage": 2, "account": ""})

    rows, reasons = made(tmp_path, NOVEL, script=copy)
    assert {row.kind for row in rows} == {"continuation"}
    assert reasons.count("no_plain_account") == 2


def test_a_page_too_short_to_be_continued_is_recorded(tmp_path: Path) -> None:
    _, reasons = made(tmp_path, NOVEL, section("The End.", "The Grey Sea", file="books/sea.txt"))
    assert reasons == ["no_passage"]
