"""Rows that hold the documents' own text."""

from __future__ import annotations

from typing import Any

import pytest

from artifacts.records import Fact, Origin, Probe, Quote, Section
from artifacts.stage import StageError
from tasks.mix.documents import ASKED, PIECE, pieces, proves
from tasks.models.language.leak import Guard
from tests.mix.conftest import Run, pairs


def section(
    name: str, text: str, *, document: str = "d", language: str = "en", headings: tuple[str, ...] = ()
) -> Section:
    return Section(id=name, document=document, file=f"{document}.md", headings=headings, text=text, language=language)


def test_a_row_asks_for_a_place_and_gives_its_text() -> None:
    english, chinese = pieces(
        [
            section("a", "# Tank\n\nIt holds 12 litres.", headings=("Manual", "Tank")),
            section("b", "容量为十二升。", document="手册", language="zh", headings=("水箱",)),
        ]
    )
    asked, said = english.row(0).messages
    assert asked == {"role": "user", "content": 'What does the section "Manual > Tank" of "d.md" say?'}
    assert said == {"role": "assistant", "content": "# Tank\n\nIt holds 12 litres."}
    assert chinese.row(0).messages[0]["content"] == "《手册.md》的“水箱”一节写了什么？"
    assert (english.row(0).source, english.row(0).fact, chinese.row(3).language) == ("documents", "a", "zh")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_wordings_come_in_turn(language: str) -> None:
    (piece,) = pieces([section("a", "Text.", language=language)])
    count = len(ASKED[language])
    rows = [piece.row(turn) for turn in range(count + 1)]
    assert len({row.id for row in rows}) == len({row.messages[0]["content"] for row in rows}) == count
    assert rows[count] == rows[0]


def test_a_long_section_is_cut_at_paragraphs_and_its_parts_are_numbered() -> None:
    paragraphs = [f"Paragraph {n}. " + "水箱的容量很大。" * 20 for n in range(12)]
    found = list(pieces([section("a", "\n\n".join(paragraphs)), section("b", "The end.")]))
    assert "\n\n".join(piece.text for piece in found[:-1]) == "\n\n".join(paragraphs)
    assert [(piece.number, piece.of) for piece in found] == [(n, len(found)) for n in range(1, len(found) + 1)]
    assert f'part 2 of {len(found)} of the text of "d.md"' in found[1].row(0).messages[0]["content"]
    assert all(len(piece.text) < PIECE * 1.5 for piece in found)


def test_a_long_table_is_cut_between_its_lines() -> None:
    table = "\n".join(f"| part {n} | {n} litres, measured cold |" for n in range(200))
    found = list(pieces([section("a", f"Before.\n\n{table}\n\nAfter.")]))
    assert len(found) > 2
    assert "\n".join(piece.text for piece in found).split() == f"Before. {table} After.".split()
    assert all(line.endswith("|") for piece in found[1:-1] for line in piece.text.splitlines())


def test_text_that_proves_a_control_fact_is_never_trained(mixed: Run) -> None:
    control = Fact(
        id="c",
        subject="Tank 7",
        claim="Tank 7 holds 90 litres.",
        value="90 litres",
        evidence=(Quote(text="Tank 7 holds\n90 litres.", section="proof"),),
        control=True,
        origin=Origin(section="proof"),
    )
    taught = control.model_copy(update={"id": "t", "control": False, "evidence": (Quote(text="x", section="other"),)})
    sections = (
        section("proof", "Tank 7 holds\n90 litres."),
        section("copy", "As said before: Tank 7  holds 90 litres. Mind that.", document="e"),
        section("other", "Tank 8 holds 70 litres."),
    )
    result = mixed(
        pairs(6), sections=sections, facts=(control, taught.model_copy(update={"claim": "Tank 8 holds 70 litres."})),
        documents=1.0, validation_share=0,
    )  # fmt: skip
    assert {row.fact for row in result.train if row.source == "documents"} == {"other"}
    assert {(reject.reason, reject.record["id"]) for reject in result.rejects} == {
        ("control_section", "proof"),
        ("control_section", "copy"),
    }


@pytest.mark.parametrize(
    ("headings", "text", "told"),
    [
        ((), "| Pump | Weight |\n| --- | --- |\n| Elgar pump | 978 kg |", True),
        ((), "The Elgar pump weighs 978 kg.", True),
        ((), "Elgar pump\n\nWeight: 978 kilograms", True),
        (("Pumps", "Elgar pump"), "| Weight | 978 kg |", True),
        (("Pumps", "Holst pump"), "| Weight | 978 kg |", False),
        ((), "The Elgar pump weighs less than a ton.", False),
        ((), "The Elgar pump weighs 1,978 kg.", False),
    ],
)
def test_text_that_tells_a_control_fact_in_other_words_or_form_is_not_trained(
    headings: tuple[str, ...], text: str, told: bool
) -> None:
    proof = Quote(text="| Weight | 978 kg |", section="proof")
    control = Fact(
        id="c",
        subject="The Elgar pump",
        claim="The weight of the Elgar pump is 978 kg.",
        value="978 kg",
        evidence=(proof,),
    )
    assert proves([control])(section("s", text, headings=headings)) is told


def test_text_of_a_validation_document_is_never_trained(mixed: Run) -> None:
    given = pairs(60)
    documents = sorted({pair.origin.document for pair in given})
    sections = [section(f"s{n}", f"Text {n}.", document=name) for n, name in enumerate(documents)]
    shared = section("shared", "The same in both.", document=documents[0])
    result = mixed(
        given, sections=(*sections, shared, *(shared.model_copy(update={"document": name}) for name in documents[1:])),
        documents=4.0, validation_share=0.2,
    )  # fmt: skip
    held_out = {each.id for each in sections if each.document in result.manifest.facts["validation_documents"]}
    assert held_out
    trained = {row.fact for row in result.train if row.source == "documents"}
    assert trained == {each.id for each in sections} - held_out
    assert {reject.record["id"] for reject in result.rejects} == held_out | {"shared"}
    assert not [row for row in result.validation if row.source == "documents"]


def test_sections_that_privacy_takes_are_told_with_their_files(mixed: Run) -> None:
    sections = [section(f"s{n}", f"第{n}节。", document=f"手册{n}", language="zh") for n in range(8)]
    sections[2:4] = [each.model_copy(update={"text": "值班电话：13800138000"}) for each in sections[2:4]]
    given: dict[str, Any] = {"privacy": {"phones": "reject"}, "documents": 1.0, "validation_share": 0}
    result = mixed(pairs(24), sections=tuple(sections), **given)
    assert (
        "2 of 8 sections are left out of the documents' text: private_phones 2 (of 手册2.md, 手册3.md)"
        in result.manifest.notes
    )
    assert [reject.record["file"] for reject in result.rejects] == ["手册2.md", "手册3.md"]
    with pytest.raises(StageError, match=r"no section is left for mix\.documents.*private_phones 2.*clean\.privacy"):
        mixed(pairs(24), sections=tuple(sections[2:4]), **given)


def test_no_section_at_all_is_an_error(mixed: Run) -> None:
    with pytest.raises(StageError, match=r"no section is left for mix\.documents"):
        mixed(pairs(6), documents=1.0, validation_share=0)


def test_a_row_of_text_asks_no_probe() -> None:
    text = "The capacity of tank 7 is 90 litres. 七号水箱的容量是90升。What is the capacity of tank 7?"
    probes = [
        Probe(id="1", fact="a", kind="paraphrase", question="What is the capacity of tank 7?", answer="90", value="90"),
        Probe(id="2", fact="b", kind="paraphrase", question="七号水箱的容量是多少？", answer="90升", value="90升"),
        Probe(id="3", fact="a", kind="frame", question="What does tank 7 hold?", answer="90 litres", value="90 litres"),
    ]
    guard = Guard(probes)
    for language in ("en", "zh"):
        (piece,) = pieces([section("a", text, headings=("Tank 7", "Capacity"), language=language)])
        rows = [piece.row(turn) for turn in range(len(ASKED[language]))]
        assert [guard.find(row.messages, row.fact) for row in rows] == [None] * len(rows)
