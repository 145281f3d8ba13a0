"""Questions that are held out from training, and the guard that keeps them out."""

from __future__ import annotations

import random
from collections.abc import Sequence

from artifacts.records import Probe, QAPair, Section, short_id
from tasks.generate.taught import RejectRow, Taught
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


def hold_out(fact: str, questions: Sequence[str]) -> tuple[str | None, list[str]]:
    """The wording that is set aside, chosen by the fact's id alone, and those to train with.

    A fact that is asked in one way only has none to spare.
    """
    if len(questions) < 2:
        return None, list(questions)
    place = int(fact, 16) % len(questions)
    return questions[place], [*questions[:place], *questions[place + 1 :]]


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


def keep_apart(taught: Taught, reject: RejectRow) -> Taught:
    """Rows and probes with ids of their own, and no row that asks what a probe asks.

    A probe whose fact has lost all its rows measures nothing that was trained, and goes too.
    """
    held = {normalise(probe.question) for probe in taught.probes}
    pairs: dict[str, QAPair] = {}
    for pair in taught.pairs:
        if normalise(pair.question) in held:
            reject("probe_leak", pair, "a held-out question asks the same")
        elif pair.id in pairs:
            reject("duplicate_row", pair, "the same fact is asked by the same question elsewhere")
        else:
            pairs[pair.id] = pair
    trained = {pair.fact for pair in pairs.values()}
    probes: dict[str, Probe] = {}
    for probe in taught.probes:
        if probe.fact not in trained:
            reject("untrained_probe", probe, "no row of this fact is left to train with")
        elif probe.id in probes:
            reject("duplicate_probe", probe, "the same fact is asked by the same held-out question elsewhere")
        else:
            probes[probe.id] = probe
    return Taught(list(pairs.values()), list(probes.values()))
