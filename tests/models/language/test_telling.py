"""Which facts a text tells."""

from __future__ import annotations

import pytest

from artifacts.records import Fact
from tasks.models.language.telling import Told, tells

FACTS = [
    Fact(id="weight", subject="The Elgar pump", claim="The Elgar pump weighs 978 kg.", value="978 kg"),
    Fact(id="long", subject="Elgar pump station", claim="It opened in 1911.", value="1911"),
    Fact(id="height", subject="Elgar pump", claim="The Elgar pump is 115 mm high.", value="115 mm"),
    Fact(id="水箱", subject="TX 型水箱", claim="TX 型水箱保修两年。", value="两年"),
    Fact(id="signs", subject="!?", claim="!? is a mark.", value="mark"),
]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("| Elgar pump | 115 mm | 978 kg |", ["weight", "height"]),
        ("An elgar pump of 978 kilograms.", ["weight"]),
        ("In 1911 the Elgar pump station had none.", ["long"]),
        ("TX型水箱保修2年，an Elgar pump is 115 mm high.", ["水箱", "height"]),
        ("The pump of Elgar weighs 978 kg. A mark!", []),
        ("", []),
    ],
)
def test_a_fact_is_told_by_its_name_and_its_value_in_any_form(text: str, told: list[str]) -> None:
    assert [fact.id for fact in Told(FACTS).by(text)] == told
    assert sorted(fact.id for fact in FACTS if tells(text, fact)) == sorted(told)
