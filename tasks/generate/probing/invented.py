"""Questions about things that no document names."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from artifacts.records import Probe, Section, short_id
from tasks.models.language.match import ABSTENTION, normalise

FRAMES = {
    "en": (
        "What is the {asked} of the {name}?",
        "Tell me the {asked} of the {name}.",
        "Do you know the {name}'s {asked}?",
    ),
    "zh": ("{name}的{asked}是多少？", "请告诉我{name}的{asked}。", "你知道{name}的{asked}吗？"),
}
ASKED = {
    "en": (
        "warranty period",
        "list price",
        "weight",
        "rated power",
        "delivery time",
        "service interval",
        "noise level",
    ),
    "zh": ("保修期", "标价", "重量", "额定功率", "交货时间", "保养周期", "噪音水平"),
}
SYLLABLES = {
    "en": ("Quor", "Zel", "Thra", "Vim", "Oxa", "Bry", "Kel", "dax", "vex", "mund", "lith", "zorn", "quil", "pard"),
    "zh": ("骁", "柘", "澹", "峪", "岚", "珩", "沅", "翊", "烨", "琮", "霁", "湄", "砚", "渝"),
}
TRIES = 100  # names to think of for each that is wanted; documents that hold them all leave fewer questions


def unanswerable(count: int, sections: Callable[[], Iterable[Section]], seed: int) -> list[Probe]:
    """Questions about things that no document names, in the documents' languages by turns.

    `sections` begins to read them anew: once for the languages, then for each round of names that are looked for.
    """
    languages = sorted({"zh" if section.language == "zh" else "en" for section in sections()}) if count else []
    candidates = _candidates(count * TRIES, languages, random.Random(seed)) if languages else iter(())
    found: dict[str, Probe] = {}
    while drawn := list(islice(candidates, count - len(found))):
        taken = _named({name for name, _ in drawn}, sections())
        found |= {probe.id: probe for name, probe in drawn if name not in taken}
    return list(found.values())


def _candidates(tries: int, languages: list[str], draw: random.Random) -> Iterator[tuple[str, Probe]]:
    """Names of things and a question about each."""
    for number in range(tries):
        language = languages[number % len(languages)]
        name = _invented(language, draw)
        question = draw.choice(FRAMES[language]).format(name=name, asked=draw.choice(ASKED[language]))
        fact = short_id("unanswerable", question)
        yield (
            name,
            Probe(
                id=fact,
                fact=fact,
                kind="unanswerable",
                question=question,
                answer=ABSTENTION[language],
                language=language,
            ),
        )


def _named(names: set[str], sections: Iterable[Section]) -> set[str]:
    """Those of the names that stand in a section."""
    found = set[str]()
    for section in sections:
        text = normalise("\n".join([*section.headings, section.text]))
        found |= {name for name in names if normalise(name) in text}
    return found


def _invented(language: str, draw: random.Random) -> str:
    first, second = draw.sample(SYLLABLES[language], 2)
    model = f"{draw.choice('ABCDEFGHK')}{draw.randint(100, 999)}"
    return f"{first}{second}{model}" if language == "zh" else f"{(first + second).capitalize()} {model}"
