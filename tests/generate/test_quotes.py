"""Where quotations stand in a section, and where they don't."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.generate.grounding.quotes import MIN_WORDS, locate, quoted
from tasks.models.language.match import normalise
from tests.generate.school import section

SETUP = section(
    """## Setup

1. Open the **valve** slowly.
2. Close the [lid](http://x.y/z) at 1,250 rpm.
3. Wait １２ minutes — or more.

| Grade | Days |
|---|---|
| Senior | 25 |
| Junior | 20 |

The KX-200 weighs 12 kg, runs from 08:30, at -5 °C. Café is open. The door is open.
水箱的容量为 120 升，保修期
为三年。额定功率：1．5 千瓦。""",
    "Pumps",
    "KX-200",
)
SPARE = section("The spare part ships within 9 days.", "Spares")


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("The KX-200 weighs 12 kg", "The KX-200 weighs 12 kg"),
        ("the kx-200 WEIGHS 12kg", "The KX-200 weighs 12 kg"),
        ("Open the valve slowly", "Open the **valve** slowly"),
        ("1. Open the valve slowly.", "1. Open the **valve** slowly"),
        ("- Open the `valve` slowly", "Open the **valve** slowly"),
        ("Open the valve slowly. Close the lid at", "Open the **valve** slowly.\n2. Close the [lid](http://x.y/z) at"),
        ("close the lid at 1250 RPM", "Close the [lid](http://x.y/z) at 1,250 rpm"),
        ("wait 12 minutes - or more", "Wait １２ minutes — or more"),
        ("Cafe\u0301 is open", "Café is open"),
        ("runs from 8:30", "runs from 08:30"),
        ("The KX-200 weighs ... at -5 °C", "The KX-200 weighs 12 kg, runs from 08:30, at -5 °C"),
        ("水箱的容量为120升", "水箱的容量为 120 升"),
        ("保修期为三年", "保修期\n为三年"),
        ("保修期为三年；额定功率:１.５千瓦", "保修期\n为三年。额定功率：1．5 千瓦"),
    ],
)
def test_a_quotation_is_found_whatever_its_marks(quote: str, found: str) -> None:
    place = locate(quote, [SPARE, SETUP])
    assert place is not None
    assert (place.text, place.section) == (found, SETUP.id)
    assert SETUP.text[place.start : place.end] == found


@pytest.mark.parametrize(
    "quote",
    [
        *(
            "",
            "...",
            "|---|",
            "weighs 2 kg, runs",
            "at 5 °C. Café",
            "from 08:3, at",
            "X-200 weighs 12",
            "The KX-20 weighs 12",
        ),
        *(
            "Senior ... 20",
            "Grade ... Junior | 20",
            "wait ... or more",
            "weighs 12 kg ... The door is open",
            "水箱……三年",
        ),
        *("runs from ... weighs 12 kg", "容量为 20 升", "保修期为十三年", "额定功率：5 千瓦", "weighs about 12 kg"),
    ],
)
def test_nothing_is_found_in_a_longer_word_or_out_of_order(quote: str) -> None:
    assert locate(quote, [SETUP]) is None


@pytest.mark.parametrize(
    ("quote", "found"), [("25", "| Senior | 25 |"), ("Junior", "| Junior | 20 |"), ("三年", "为三年。")]
)
def test_one_word_stands_for_the_sentence_or_row_that_holds_it(quote: str, found: str) -> None:
    place = locate(quote, [SETUP])
    assert place is not None
    assert place.text == found == SETUP.text[place.start : place.end]


@pytest.mark.parametrize("quote", ["the", "open", "为"])
def test_one_word_that_stands_in_several_proves_nothing(quote: str) -> None:
    assert locate(quote, [SETUP]) is None


def test_lines_that_do_not_stand_together_prove_nothing_of_what_is_between_them() -> None:
    found, missing = quoted(["| Grade | Days |\n|---|---|\n| Junior | 20 |", "runs\nfrom 9:30"], [SETUP])
    assert [quote.text for quote in found] == ["| Grade | Days |", "| Junior | 20 |"]
    assert missing == ["runs\nfrom 9:30"]


def test_words_of_a_heading_have_no_place_in_the_text() -> None:
    place = locate("Pumps", [SETUP])
    assert place is not None
    assert (place.text, place.section, place.start, place.end) == ("Pumps", SETUP.id, None, None)
    assert locate("Pumps KX-200 Setup", [SETUP]) is not None


def test_a_quotation_may_come_from_any_section() -> None:
    place = locate("ships within 9 days", [SETUP, SPARE])
    assert place is not None
    assert place.section == SPARE.id


WORDS = st.lists(
    st.sampled_from(["pump", "12", "1,250", "KX-200", "kg", "open", "水", "三年", "%", "08:30"]),
    min_size=1,
    max_size=20,
)
JOINTS = st.sampled_from([" ", "\n", " ** ", " | ", ", ", "  "])


@given(WORDS, st.lists(JOINTS, min_size=20, max_size=20), st.integers(0, 19), st.integers(1, 20))
def test_offsets_cover_the_words_of_any_part(words: list[str], joints: list[str], first: int, count: int) -> None:
    held = section("".join(word + joint for word, joint in zip(words, joints, strict=False)))
    quote = " ".join(words[first : first + count])
    place = locate(quote, [held])
    if place is not None:
        assert place.text == held.text[place.start : place.end]
        assert f" {normalise(quote)} " in f" {normalise(place.text)} "
    else:
        assert len(normalise(quote).split()) < 2 * MIN_WORDS  # too short to prove anything
