"""Questions about things that no document names."""

from __future__ import annotations

import random
from collections.abc import Sequence

from artifacts.records import Probe, Section, short_id
from tasks.models.match import ABSTENTION, normalise

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


def unanswerable(count: int, sections: Sequence[Section], seed: int) -> list[Probe]:
    """Questions about things that no document names, in the documents' languages by turns."""
    languages = sorted({"zh" if section.language == "zh" else "en" for section in sections})
    source = normalise("\n".join("\n".join([*section.headings, section.text]) for section in sections))
    draw = random.Random(seed)
    found: dict[str, Probe] = {}
    for number in range(count * TRIES if languages else 0):
        if len(found) == count:
            break
        language = languages[number % len(languages)]
        name = _invented(language, draw)
        frame, asked = draw.choice(FRAMES[language]), draw.choice(ASKED[language])
        if normalise(name) in source:
            continue
        question = frame.format(name=name, asked=asked)
        fact = short_id("unanswerable", question)
        found[fact] = Probe(
            id=fact, fact=fact, kind="unanswerable", question=question, answer=ABSTENTION[language], language=language
        )
    return list(found.values())


def _invented(language: str, draw: random.Random) -> str:
    first, second = draw.sample(SYLLABLES[language], 2)
    model = f"{draw.choice('ABCDEFGHK')}{draw.randint(100, 999)}"
    return f"{first}{second}{model}" if language == "zh" else f"{(first + second).capitalize()} {model}"
