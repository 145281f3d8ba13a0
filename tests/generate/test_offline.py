"""The offline teacher: what it finds in a text, how it asks, and what it holds out."""

from __future__ import annotations

import re
from typing import Any

import pytest

from artifacts.records import Origin, Quote, Record, Section
from tasks.generate.config import OfflineTeacher
from tasks.generate.offline.find import find_facts, subject_of
from tasks.generate.offline.teach import teach
from tasks.generate.offline.wordings import Language, Statement, ask, material, names_for, pairs_and_probes


def section(text: str, headings: tuple[str, ...] = ("Kelmarsh 4",), language: str = "en", name: str = "s1") -> Section:
    return Section(id=name, document="d1", file="a.md", headings=headings, text=text, language=language)


def found(text: str, **kwargs: Any) -> list[tuple[str, str, str]]:
    return [(fact.subject, fact.attribute, fact.value) for fact in find_facts(section(text, **kwargs))]


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("| Property | Value |\n|---|---|\n| Net weight | 6.2 kg |", [("Kelmarsh 4", "net weight", "6.2 kg")]),
        (
            "| Model | Price | Colour |\n|---|---|---|\n| Orrin 2 | 40 euros | red |",
            [("Orrin 2", "price", "40 euros"), ("Orrin 2", "colour", "red")],
        ),
        ("- **Service hotline**: 0800 4471", [("Kelmarsh 4", "service hotline", "0800 4471")]),
        ("The default language of the Orrin 2 is Danish.", [("Orrin 2", "default language", "Danish")]),
        (
            "A grounding clip is a part that leads current away.",
            [("grounding clip", "", "a part that leads current away")],
        ),
        (
            "Support phone: 0800 44 71. Support e-mail: help@orrin.example",
            [
                ("Kelmarsh 4", "support phone", "0800 44 71"),
                ("Kelmarsh 4", "support e-mail", "help@orrin.example"),
            ],
        ),
        ("Annual leave: 25 days Carry-over limit: 5 days", []),
        ("Keep the machine dry. It was a cold day, as ever.", []),
        ("See https://example.org: it has more.", []),
        (
            "Read this first: never open the case while it runs, because the motor may start at any hour, "
            "and it gives no sign of it.",
            [],
        ),
    ],
)
def test_finds_facts_in_english_structure(text: str, facts: list[tuple[str, str, str]]) -> None:
    assert found(text) == facts


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("| 项目 | 数值 |\n|---|---|\n| 水箱容量 | 1.8升 |", [("青禾X3", "水箱容量", "1.8升")]),
        ("| 型号 | 价格 |\n|---|---|\n| 云岭2 | 2999元 |", [("云岭2", "价格", "2999元")]),
        ("保修期：24个月。客服热线：0800", [("青禾X3", "保修期", "24个月"), ("青禾X3", "客服热线", "0800")]),
        ("订货电话：138 客服热线：400", []),
        ("保修期：24个月", [("青禾X3", "保修期", "24个月")]),
        ("云岭2的默认语言是中文。", [("云岭2", "默认语言", "中文")]),
        ("冷凝水是指空气遇冷形成的水。", [("冷凝水", "", "空气遇冷形成的水")]),
        ("请保持机器干燥，不要打开外壳。", []),
    ],
)
def test_finds_facts_in_chinese_structure(text: str, facts: list[tuple[str, str, str]]) -> None:
    assert found(text, headings=("青禾X3产品手册", "一、技术参数"), language="zh") == facts


@pytest.mark.parametrize(
    ("headings", "language", "subject"),
    [
        (("Kelmarsh 4 Product Handbook", "Technical data"), "en", "Kelmarsh 4"),
        (("Catalogue", "2. Orrin 2", "Contacts"), "en", "Orrin 2"),
        (("Pelham Travel Plan", "Amounts"), "en", "Pelham Travel Plan"),
        (("Orrin", "Kelmarsh Line", "Technical Data"), "en", "Kelmarsh Line"),
        (("青禾X3产品手册", "二、售后服务"), "zh", "青禾X3"),
        (("云岭员工手册", "第二章 培训安排"), "zh", "云岭"),
        (("云桥 R2 路由器", "默认设置"), "zh", "云桥 R2 路由器"),
        (("云桥路由器", "WiFi设置", "24小时热线"), "zh", "云桥路由器"),
        (("公司制度", "二、假期"), "zh", "公司制度"),
        (("产品目录", "1. 云岭净水器 R2", "尺寸"), "zh", "云岭净水器 R2"),
        (("概述", "云岭净水器"), "zh", "云岭净水器"),
        (("Orrin 2 Router", "Default Settings"), "en", "Orrin 2 Router"),
        (("Pelham Travel Plan", "Step 2"), "en", "Pelham Travel Plan"),
        (("Product Overview", "Orrin"), "en", "Orrin"),
        ((), "en", ""),
    ],
)
def test_subject_is_the_deepest_heading_spelled_as_a_name_or_the_title(
    headings: tuple[str, ...], language: Language, subject: str
) -> None:
    assert subject_of(headings, language)[0] == subject


@pytest.mark.parametrize(
    ("text", "language", "subjects"),
    [
        (
            "# 公司制度\n\n## 一、假期\n\n年假天数：15天\n\n审批人：主管\n\n"
            "## 二、报销\n\n审批人：财务\n\n## 三、时间\n\n午休：1小时",
            "zh",
            ["假期", "假期", "报销", "公司制度"],
        ),
        (
            "# Catalogue of Pelham\n\n## Orrin\n\nPrice: 4 euros\n\n"
            "## Tessel\n\nPrice: 5 euros\n\n## Offices\n\nPhone: 0800",
            "en",
            ["Orrin", "Tessel", "Catalogue of Pelham"],
        ),
        ("# Pelham\n\n## Sales\n\nPhone: 0800\n\n## Repairs\n\nPhone: 0800", "en", ["Pelham"]),
    ],
)
def test_headings_with_different_values_of_one_attribute_are_things_of_their_own(
    text: str, language: str, subjects: list[str]
) -> None:
    rejects = Rejects()
    taught = teach([section(text, (), language)], OfflineTeacher(section_questions=0), 0, rejects)
    assert [fact.subject for fact in taught.facts] == subjects
    assert not rejects


FACTS = [
    Statement("Kelmarsh 4", "water tank capacity", "1.8 litres", Quote(text="e"), "en", Origin(section="s1")),
    Statement("Kelmarsh 4", "mascot", "a heron", Quote(text="e"), "en", Origin(section="s1")),
    Statement("grounding clip", "", "a part that leads current away", Quote(text="e"), "en", Origin(section="s1")),
    Statement("青禾X3", "水箱容量", "1.8升", Quote(text="e"), "zh", Origin(section="s1")),
    Statement("冷凝水", "", "空气遇冷形成的水", Quote(text="e"), "zh", Origin(section="s1")),
]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.subject + fact.attribute)
@pytest.mark.parametrize("count", [2, 8, 20])
def test_held_out_questions_are_in_no_training_row_of_the_fact(fact: Statement, count: int) -> None:
    pairs, probes = pairs_and_probes(fact, count, names=4, seed=0)
    trained = {pair.question for pair in pairs}
    assert len(trained) == len(pairs) == count
    assert {probe.kind for probe in probes} == {"wording", "noun_phrase", "frame"}
    assert trained.isdisjoint(probe.question for probe in probes)
    assert all(fact.value in pair.answer for pair in pairs)


def words_of(name: str) -> list[str]:
    """The words of a name in no order, without the small ones: "tank size" and "size of the tank" have the same."""
    return sorted(set(re.findall(r"[a-z]+|[\u4e00-\u9fff]", name.lower())) - {"of", "the"})


@pytest.mark.parametrize("fact", [FACTS[0], FACTS[1], FACTS[3]], ids=["compound", "one-word", "zh"])
def test_noun_phrase_probe_names_the_thing_as_no_training_row_does(fact: Statement) -> None:
    for seed in range(10):
        pairs, probes = pairs_and_probes(fact, 14, names=6, seed=seed)
        (probe,) = [probe for probe in probes if probe.kind == "noun_phrase"]
        names = names_for(fact.attribute, fact.language)
        held = max((name for name in names if name in probe.question), key=len)
        assert held != fact.attribute
        trained = [name for name in names if any(name in pair.question for pair in pairs)]
        assert words_of(held) not in [words_of(name) for name in trained]
        assert not any(held in pair.question for pair in pairs)


def test_names_never_trained_are_not_asked_for_as_if_they_were() -> None:
    """Of fewer questions than names some names are in none; a `wording` probe must not use one of those."""
    for seed in range(20):
        pairs, probes = pairs_and_probes(FACTS[0], 2, names=6, seed=seed)
        names = names_for(FACTS[0].attribute, "en")
        trained = {max((name for name in names if name in pair.question), key=len) for pair in pairs}
        for probe in probes:
            if probe.kind == "wording":
                assert max((name for name in names if name in probe.question), key=len) in trained


@pytest.mark.parametrize("language", ["en", "zh"])
def test_unseen_frames_are_in_no_training_row_nor_in_the_toys_rows(language: Language) -> None:
    from tasks.models.embedded.general import material as toy

    unseen = set(material(language)["unseen_frames"])
    assert unseen.isdisjoint(material(language)["frames"])
    assert unseen.isdisjoint(toy()["english" if language == "en" else "chinese"]["frames"])
    for fact in FACTS:
        pairs, _ = pairs_and_probes(fact, 14, names=4, seed=0)
        for frame in unseen:
            shape = re.compile(re.escape(frame).replace(r"\{x\}", ".+").replace(r"\{X\}", ".+"))
            assert not any(shape.fullmatch(pair.question) for pair in pairs)


def test_braces_in_a_document_are_left_alone() -> None:
    assert ask("What is {x}?", "the {a} of {0}") == "What is the {a} of {0}?"


class Rejects(list[tuple[str, str]]):
    def __call__(self, reason: str, record: Record | dict[str, Any], detail: str) -> None:
        self.append((reason, detail))


def test_a_section_without_facts_and_a_conflict_are_recorded() -> None:
    rejects = Rejects()
    sections = [
        section("Net weight: 6 kg", name="s1"),
        section("Net weight: 7 kg", name="s2"),
        section("Keep it dry.", name="s3"),
        section("Net weight: 6 kg", name="s4"),
    ]
    taught = teach(sections, OfflineTeacher(section_questions=0), 0, rejects)
    assert [reason for reason, _ in rejects] == ["conflicting_value", "no_fact_found"]
    assert "6 kg" in rejects[0][1]
    assert "7 kg" in rejects[0][1]
    assert {pair.value for pair in taught.pairs} == {"6 kg"}
    assert len({pair.fact for pair in taught.pairs}) == 1


def test_sections_are_asked_for_as_a_whole() -> None:
    text = "Keep the machine dry."
    dials = OfflineTeacher(section_questions=2, max_section_characters=100)
    taught = teach([section(text, ("Handbook", "Care")), section("x" * 101, name="s2")], dials, 0, Rejects())
    assert [pair.answer for pair in taught.pairs] == [text, text]
    assert all("Care" in pair.question and "Handbook" in pair.question for pair in taught.pairs)


@pytest.mark.parametrize(
    ("title", "heading", "language", "second"),
    [
        ("Orrin FAQ", "Which cable do I need?", "en", "Orrin FAQ: Which cable do I need?"),
        ("云岭常见问题", "如何联系客服", "zh", "云岭常见问题：如何联系客服"),
    ],
)
def test_a_heading_that_is_a_question_is_asked_as_it_stands(
    title: str, heading: str, language: Language, second: str
) -> None:
    asked = section("Price: 4 euros", (title, heading), language)
    rows = teach([asked], OfflineTeacher(section_questions=2), 0, Rejects()).pairs
    assert [pair.question for pair in rows if pair.kind == "section"] == [heading, second]
    assert {fact.subject for fact in find_facts(asked)} == {title.removesuffix(" FAQ").removesuffix("常见问题")}


def test_a_time_is_no_fact() -> None:
    assert not found("Mon-Fri 8:00-17:00\n周一至周五 9:00-18:00")
    assert [value for _, _, value in found("Opens: 8:00")] == ["8:00"]


def test_evidence_says_where_it_stands() -> None:
    held = section("Care comes first.\n\n| Property | Value |\n|---|---|\n| Net weight | 6.2 kg |")
    (statement,) = find_facts(held)
    assert statement.evidence.section == held.id
    assert held.text[statement.evidence.start : statement.evidence.end] == statement.evidence.text
    assert "6.2 kg" in statement.evidence.text
