"""How blocks become sections, and what their ids, sizes and languages depend on."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from artifacts.records import Section, short_id
from tasks.models.config import EMBEDDED
from tasks.models.tokens import counter, tokenizer_file
from tasks.parse.blocks import Block
from tasks.parse.language import languages
from tasks.parse.sections import Piece, cut
from tasks.parse.sentences import sentences

TABLE = "| A | B |\n| --- | --- |\n" + "\n".join(f"| {number} | x |" for number in range(60))
WORDS = ["pump", "valve", "filter", "sensor", "tank", "motor", "cable", "plate", "screw", "lever"]


def words(texts: list[str]) -> list[int]:
    """Tokens that are easy to count by eye."""
    return [len(text.split()) for text in texts]


def characters(texts: list[str]) -> list[int]:
    return [len(text) for text in texts]


def heading(text: str, level: int) -> Block:
    return Block("heading", text, level)


def paragraph(length: int, seed: int = 0) -> Block:
    """A paragraph of so many words, in sentences of ten."""
    chosen = random.Random(seed)
    said = [chosen.choice(WORDS) for _ in range(length)]
    for place in range(9, length, 10):
        said[place] += "."
    return Block("paragraph", " ".join(word.capitalize() if n % 10 == 0 else word for n, word in enumerate(said)))


def texts(blocks: list[Block], low: int, high: int) -> list[str]:
    text, pieces = cut(blocks, words, low, high)
    return [text[piece.start : piece.end] for piece in pieces]


def paths(blocks: list[Block], low: int, high: int) -> list[tuple[str, ...]]:
    return [piece.headings for piece in cut(blocks, words, low, high)[1]]


def test_headings_nest_by_level() -> None:
    blocks = [
        *(heading("Title", 0), Block("paragraph", "intro")),
        *(heading("One", 1), heading("One A", 2), Block("paragraph", "a")),
        *(heading("Two", 1), Block("paragraph", "b")),
    ]
    assert paths(blocks, 0, 3) == [("Title",), ("Title", "One", "One A"), ("Title", "Two")]
    assert texts(blocks, 0, 3) == ["# Title\n\nintro", "## One\n\n### One A\n\na", "## Two\n\nb"]


def test_a_heading_with_nothing_under_it_is_not_lost() -> None:
    blocks = [heading("Title", 0), heading("Empty", 1), heading("Full", 1), Block("paragraph", "b"), heading("Last", 1)]
    text, pieces = cut(blocks, words, 0, 20)
    assert text == "# Title\n\n## Empty\n\n## Full\n\nb\n\n## Last"
    assert {name for piece in pieces for name in ("Empty", "Full", "Last") if name in text[piece.start : piece.end]}
    assert pieces[-1].headings == ("Title", "Last")


def test_small_neighbours_under_one_heading_are_joined_and_large_ones_are_not() -> None:
    blocks = [
        heading("Guide", 1),
        *(heading("Small one", 2), paragraph(20), heading("Small two", 2), paragraph(20)),
        *(heading("Large", 2), paragraph(90)),
    ]
    assert paths(blocks, 50, 100) == [("Guide",), ("Guide", "Large")]
    assert paths(blocks, 0, 100) == [("Guide", "Small one"), ("Guide", "Small two"), ("Guide", "Large")]


def test_small_parts_that_no_heading_unites_stay_apart() -> None:
    blocks = [heading("One", 1), paragraph(20), heading("Two", 1), paragraph(20), heading("", 1), paragraph(20)]
    assert paths(blocks, 50, 100) == [("One",), ("Two",), ()]


def test_small_parts_of_different_chapters_stay_apart_while_their_chapters_are_large_enough() -> None:
    blocks = [
        *(heading("One", 1), paragraph(60), heading("One A", 2), paragraph(5)),
        *(heading("Two", 1), paragraph(60), heading("Two A", 2), paragraph(5)),
    ]
    assert paths(blocks, 50, 100) == [("One",), ("Two",)]


def test_sections_are_sized_in_the_models_tokens() -> None:
    count = counter(tokenizer_file(EMBEDDED))
    chinese = Block("paragraph", "水箱的容量是五升，滤芯每三个月更换一次。" * 100)
    for block in (paragraph(2000), chinese):
        text, pieces = cut([heading("Guide", 1), block], count, 300, 800)
        sizes = count([text[piece.start : piece.end] for piece in pieces])
        assert all(300 <= size <= 800 for size in sizes), sizes


def test_a_table_is_never_cut() -> None:
    found = texts([paragraph(50), Block("table", TABLE), paragraph(50, seed=1)], 10, 60)
    assert sum(TABLE in text for text in found) == 1


def test_a_list_stays_with_the_line_that_leads_into_it() -> None:
    blocks = [paragraph(80), Block("paragraph", "You need:"), *(Block("item", f"part {n}") for n in range(20))]
    assert not any(text.endswith("You need:") for text in texts(blocks, 20, 100))


def test_items_keep_their_numbers_and_levels() -> None:
    blocks = [Block("item", "first", mark="1."), Block("item", "inner", 1, mark="(a)"), Block("item", "last\nline")]
    assert texts(blocks, 0, 100) == ["1. first\n  (a) inner\n- last\n  line"]


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    long = "他说：“第一句话说的是水箱。”第二句话说的是滤芯！" * 20
    text, pieces = cut([Block("paragraph", long)], characters, 0, 100)
    assert all(text[: piece.end].endswith(("。”", "！")) for piece in pieces)
    assert "".join(text[piece.start : piece.end] for piece in pieces) == long


@pytest.mark.parametrize(
    "text",
    [
        "、".join(f"第{number}项是水箱的零件" for number in range(60)),
        "；".join(f"第{number}条，水箱每三个月检查一次" for number in range(60)),
        "水" * 500,
        "never an end to it " * 100,
    ],
)
def test_what_has_no_sentences_is_cut_between_its_smaller_parts(text: str) -> None:
    whole, pieces = cut([Block("paragraph", text)], characters, 20, 100)
    sizes = [piece.end - piece.start for piece in pieces]
    assert max(sizes) <= 100
    assert "".join(whole[piece.start : piece.end] for piece in pieces).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dr. Smith met J. Doe. He left.", ["Dr. Smith met J. Doe.", "He left."]),
        ("See Fig. 3 and e.g. No. 5. Then stop! “Why?” he asked.", 3),
        ("版本是3.5。它很快！真的吗？是的。", ["版本是3.5。", "它很快！", "真的吗？", "是的。"]),
        ("他问：“去吗？”她说：“去。”然后走了……", ["他问：“去吗？”", "她说：“去。”", "然后走了……"]),
        ("Weight: 3 kg\nHeight: 2 m", ["Weight: 3 kg", "Height: 2 m"]),
        ("用USB-C接口。It works. 好的。", ["用USB-C接口。", "It works.", "好的。"]),
    ],
)
def test_where_sentences_end(text: str, expected: list[str] | int) -> None:
    found = [text[start:end] for start, end in sentences(text)]
    assert (found if isinstance(expected, list) else len(found)) == expected


def book(seed: int = 0) -> list[Block]:
    chosen = random.Random(seed)
    blocks = [heading("Handbook", 0)]
    for chapter in range(5):
        blocks.append(heading(f"Chapter {chapter}", 1))
        for part in range(chosen.randint(0, 5)):
            blocks.append(heading(f"Part {chapter}.{part}", 2))
            blocks += [paragraph(chosen.randint(10, 60), chosen.randrange(1000)) for _ in range(chosen.randint(1, 12))]
    return blocks


def ids(blocks: list[Block]) -> list[str]:
    text, pieces = cut(blocks, words, 100, 250)
    return [short_id(piece.headings, text[piece.start : piece.end]) for piece in pieces]


def test_an_edit_changes_the_id_of_its_own_section_alone() -> None:
    blocks, chosen, changed = book(), random.Random(1), list[int]()
    before = ids(blocks)
    for _ in range(100):
        place = chosen.choice([n for n, block in enumerate(blocks) if block.kind == "paragraph"])
        said = blocks[place].text.split()
        said[chosen.randrange(len(said))] = "changed"
        after = ids([*blocks[:place], replace(blocks[place], text=" ".join(said)), *blocks[place + 1 :]])
        changed.append(len(set(before) - set(after)))
    assert changed.count(1) >= 98
    assert max(changed) <= 2


def test_a_new_paragraph_changes_few_sections() -> None:
    blocks, chosen = book(), random.Random(2)
    before = set(ids(blocks))
    assert len(before) > 10
    for seed in range(50):
        place = chosen.choice([n for n, block in enumerate(blocks) if block.kind == "paragraph"])
        after = set(ids([*blocks[:place], paragraph(30, seed + 100), *blocks[place:]]))
        assert len(after - before) <= 3


def test_a_section_tells_where_a_pdf_shows_it() -> None:
    blocks = [
        Block("paragraph", "one", page=1, boxes=((1, (10, 20, 100, 40)),)),
        Block("paragraph", "two", page=1, boxes=((1, (5, 50, 90, 60)), (2, (10, 20, 100, 30)))),
    ]
    [piece] = cut(blocks, words, 0, 10)[1]
    assert piece == Piece((), 0, 8, 1, ((1, (5, 20, 100, 60)), (2, (10, 20, 100, 30))))


KINDS = ["heading", "paragraph", "item", "table", "code"]


@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.text("ab。. \n#", min_size=1), st.integers(0, 3))),
    st.integers(0, 20),
)
def test_the_sections_are_all_of_the_text(described: list[tuple[str, str, int]], low: int) -> None:
    blocks = [Block(kind, text.strip() or "x", level) for kind, text, level in described]  # type: ignore[arg-type]
    text, pieces = cut(blocks, characters, low, 40)
    places = [0, *(place for piece in pieces for place in (piece.start, piece.end)), len(text)]
    assert places == sorted(places)
    assert not "".join(text[start:end] for start, end in zip(places[::2], places[1::2], strict=True)).strip()
    assert all(piece.start < piece.end for piece in pieces)
    told = [name for block in blocks if block.kind == "heading" for name in block.text.split()]
    assert all(name in text for name in told)


def test_the_parts_of_a_joined_section_have_their_own_headings() -> None:
    blocks = [
        *(heading("Pump", 0), Block("paragraph", "intro"), heading("Care", 1), Block("paragraph", "oil it")),
        *(Block("code", "```\n# no heading\n```"), heading("Spares", 1), heading("Filters", 2)),
        *(Block("paragraph", "# not a heading either"), heading("Empty", 1)),
    ]
    text, [piece] = cut(blocks, words, 100, 200)
    section = Section(id="i", document="d", file="f", headings=piece.headings, text=text)
    assert piece.headings == ("Pump",)
    assert list(section.parts()) == [
        (("Pump",), "intro"),
        (("Pump", "Care"), "oil it\n\n```\n# no heading\n```"),
        (("Pump", "Spares", "Filters"), "\\# not a heading either"),
        (("Pump", "Empty"), ""),
    ]


def test_a_section_that_goes_on_keeps_the_headings_that_it_stands_under() -> None:
    section = Section(id="i", document="d", file="f", headings=("Pump", "Care"), text="more\n\n### Oil\n\nSAE 30")
    assert list(section.parts()) == [(("Pump", "Care"), "more"), (("Pump", "Care", "Oil"), "SAE 30")]


def test_languages() -> None:
    german = "Die Maschine darf nur von geschultem Personal geöffnet werden, und zwar erst nach dem Abschalten. " * 4
    chinese = "岚泽8的产地是澄岭镇，USB接口在背面，电源线长度是二点二米。"
    assert languages([german, chinese, "Gewicht: 3 kg"]) == ["de", "zh", "de"]
    assert languages(["ポンプの重量は三キログラムです。", "Weight: 3 kg"]) == ["ja", "ja"]
    assert languages(["Weight: 3 kg"]) == ["en"]
    places = "\n".join(f"| PART-{number} | {number} | Rotterdam Haven | Sint Jansklooster |" for number in range(60))
    assert languages([places]) == ["en"], "names and codes are in no language"
