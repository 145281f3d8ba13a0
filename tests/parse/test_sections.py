"""How blocks become sections, and what their ids and languages depend on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tasks.parse.blocks import Block
from tasks.parse.language import languages
from tasks.parse.sections import cut

TABLE = "| A | B |\n| --- | --- |\n" + "\n".join(f"| {number} | x |" for number in range(60))


def heading(text: str, level: int) -> Block:
    return Block("heading", text, level)


def test_headings_nest_by_level() -> None:
    blocks = [
        *(heading("Title", 0), Block("paragraph", "intro")),
        *(heading("One", 1), heading("One A", 2), Block("paragraph", "a")),
        *(heading("Two", 1), Block("paragraph", "b")),
    ]
    found = [(piece.headings, piece.text) for piece in cut(blocks, 0, 100)]
    assert found == [(("Title",), "intro"), (("Title", "One", "One A"), "a"), (("Title", "Two"), "b")]


def test_a_heading_with_nothing_under_it_is_not_lost() -> None:
    blocks = [heading("Title", 0), heading("Empty", 1), heading("Full", 1), Block("paragraph", "b"), heading("Last", 1)]
    assert [piece.text for piece in cut(blocks, 0, 100)] == ["Empty", "b", "Last"]


def test_a_table_is_never_cut_and_a_long_paragraph_is_cut_between_sentences() -> None:
    long = "第一句话说的是水箱。第二句话说的是滤芯！" * 20
    pieces = list(cut([Block("paragraph", long), Block("table", TABLE)], 0, 100))
    assert pieces[-1].text == TABLE
    assert all(piece.text.endswith(("。", "！")) and len(piece.text) <= 100 for piece in pieces[:-1])
    assert "".join(piece.text for piece in pieces[:-1]) == long


def test_a_small_rest_joins_its_neighbour_under_the_same_heading_only() -> None:
    blocks = [
        *(heading("One", 1), Block("paragraph", "x" * 90), Block("paragraph", "rest")),
        *(heading("Two", 1), Block("paragraph", "small")),
    ]
    assert [piece.text for piece in cut(blocks, 20, 92)] == ["x" * 90 + "\n\nrest", "small"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["heading", "paragraph", "item", "table"]),
            st.text("ab。. \n", min_size=1),
            st.integers(0, 3),
        )
    )
)
def test_no_text_is_lost(described: list[tuple[str, str, int]]) -> None:
    blocks = [Block(kind, text.strip() or "x", level) for kind, text, level in described]  # type: ignore[arg-type]

    def letters(texts: list[str]) -> int:
        return sum(character in "abx。." for text in texts for character in text)

    pieces = list(cut(blocks, 5, 30))
    told = letters([piece.text for piece in pieces])
    assert told >= letters([block.text for block in blocks if block.kind != "heading"])
    named = {name for piece in pieces for name in piece.headings}
    assert named >= {" ".join(block.text.split()) for block in blocks if block.kind == "heading"}


def test_languages() -> None:
    german = "Die Maschine darf nur von geschultem Personal geöffnet werden, und zwar erst nach dem Abschalten. " * 4
    chinese = "岚泽8的产地是澄岭镇，USB接口在背面，电源线长度是二点二米。"
    assert languages([german, chinese, "Gewicht: 3 kg"]) == ["de", "zh", "de"]
    assert languages(["ポンプの重量は三キログラムです。", "Weight: 3 kg"]) == ["ja", "ja"]
    assert languages(["Weight: 3 kg"]) == ["en"]
