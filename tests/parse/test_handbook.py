"""The sample documents: everything that they state is read, and nothing of their page furniture."""

from __future__ import annotations

import json

import pytest

from tests.parse.reading import Parsed, parse
from tests.source import ROOT

KEY = [json.loads(line) for line in (ROOT / "examples/facts.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def handbook(tmp_path_factory: pytest.TempPathFactory) -> Parsed:
    return parse(ROOT / "examples/handbook", tmp_path_factory.mktemp("store"), min_tokens=0)


def test_every_document_is_read_whole(handbook: Parsed) -> None:
    assert {row["file"] for row in handbook.documents} == {fact["file"] for fact in KEY}
    assert not handbook.rejects


@pytest.mark.parametrize("fact", KEY, ids=lambda fact: f"{fact['subject']}-{fact['attribute']}")
def test_a_fact_stands_on_one_line_of_its_file(handbook: Parsed, fact: dict[str, str]) -> None:
    """In a table with a thing a row, the line has thing and value; elsewhere attribute and value."""
    lines = handbook.text(fact["file"]).splitlines()
    told = [line for line in lines if fact["value"] in line]
    assert any(fact["attribute"] in line or fact["subject"] in line for line in told), told


@pytest.mark.parametrize("fact", KEY, ids=lambda fact: f"{fact['subject']}-{fact['attribute']}")
def test_a_fact_is_in_its_language(handbook: Parsed, fact: dict[str, str]) -> None:
    found = [s for s in handbook.sections if s.file == fact["file"] and fact["value"] in s.text]
    assert found
    assert {section.language for section in found} == {fact["language"]}


@pytest.mark.parametrize(
    "furniture",
    [
        "Quellmere product library",
        "For customers and partners",
        "Quellmere people office",
        "衡溪器物 产品资料",
        "内部与客户共用",
    ],
)
def test_running_headers_and_footers_are_left_out(handbook: Parsed, furniture: str) -> None:
    assert not [section.file for section in handbook.sections if furniture in section.text]


def test_tables_are_pipe_tables_in_every_format(handbook: Parsed) -> None:
    with_tables = {section.file for section in handbook.sections if "| --- | --- |" in section.text}
    assert {name.rpartition(".")[2] for name in with_tables} == {"pdf", "docx", "pptx", "md"}


def test_sections_say_where_they_stand(handbook: Parsed) -> None:
    by_text = {section.text: section for section in handbook.sections}
    lines = "Default password: harbor-61\nService hotline: 0800 552 7719\nSoftware version: 5.2.8"
    section = next(by_text[text] for text in by_text if lines in text)
    assert section.headings == ("Kelvora 90 Product Handbook", "Operation and support")
    assert section.page == 2
    notes = next(s for s in handbook.sections if "registration deadline" in s.text)
    assert (notes.headings, notes.page) == (("Dorvin Training Slides", "Key facts"), 2)
    chinese = next(s for s in handbook.sections if "及格分数：73分" in s.text)
    assert chinese.headings == ("禾舟计划员工手册", "第二章 培训安排")
