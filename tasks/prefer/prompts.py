"""Which questions are asked: some of the training data's, spread over its facts, and some about made-up things."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from artifacts.records import Conversation, Message, QAPair, short_id
from artifacts.stage import StageError
from tasks.models.language.match import ABSTENTION, normalise

# Frames, things asked and name parts of this stage's own: what the evaluation asks of made-up things stays unseen.
FRAMES = {
    "en": ("How high is the {asked} of {name}?", "What {asked} has {name}?", "Please state the {asked} of {name}."),
    "zh": ("{name}的{asked}有多少？", "{name}有怎样的{asked}？", "请说明{name}的{asked}。"),
}
ASKED = {
    "en": ("capacity", "thickness", "operating cost", "storage temperature", "membership fee", "mixing ratio"),
    "zh": ("容量", "厚度", "运行费用", "储存温度", "会员费", "混合比例"),
}
ONSETS, VOWELS, ENDS = ("b", "dr", "f", "gl", "h", "kr", "m", "p", "sn", "w"), "aeiou", ("ff", "lm", "n", "rg", "sk")
CHARACTERS = "海明星河云山金石安平华新光远"
TRIES = 50  # names to think of for each that is wanted


@dataclass(frozen=True)
class Prompt:
    """A question to the models, and the verified row that its answers are judged by."""

    messages: tuple[Message, ...]
    row: QAPair
    answerable: bool = True


def trained_prompts(
    rows: Iterable[Conversation], pairs: Mapping[str, QAPair], *, wordings: int, most: int, seed: int
) -> list[Prompt]:
    """Up to `most` questions that the model was trained on: one of each fact, then a second of each, and so on."""
    draw = random.Random(seed)
    by_fact: dict[str, dict[str, Prompt]] = defaultdict(dict)
    for row in rows:
        if row.source != "domain":
            continue
        if row.id not in pairs:
            raise StageError(f"prefer: the row {row.id} of mix is not in clean; make both again (--force clean mix)")
        trained = pairs[row.id].model_copy(update={"answer": row.messages[-1]["content"]})  # its steps among it
        by_fact[trained.fact][row.id] = Prompt(row.messages[:-1], trained)
    rounds = []
    for fact in draw.sample(sorted(by_fact), len(by_fact)):
        ids = sorted(by_fact[fact])
        rounds.append([by_fact[fact][name] for name in draw.sample(ids, min(wordings, len(ids)))])
    spread = [prompt for asked in zip_longest(*rounds) for prompt in asked if prompt is not None]
    return spread[:most]


def unanswerable_prompts(count: int, trained: Sequence[Prompt], known: Iterable[QAPair], seed: int) -> list[Prompt]:
    """Questions about things that stand in no row, in the languages of the trained questions and in their shares."""
    draw = random.Random(f"unanswerable {seed}")
    shares = Counter("zh" if prompt.row.language == "zh" else "en" for prompt in trained)
    text = "\n".join(normalise(f"{row.question} {row.answer}") for row in known) if shares else ""
    found: dict[str, Prompt] = {}
    for language in draw.choices(list(shares), weights=list(shares.values()), k=count * TRIES) if shares else ():
        if len(found) == count:
            break
        name = _name(language, draw)
        if normalise(name) in text:
            continue
        question = draw.choice(FRAMES[language]).format(name=name, asked=draw.choice(ASKED[language]))
        key = short_id("unanswerable", question)
        row = QAPair(id=key, fact="", question=question, answer=ABSTENTION[language], language=language)
        found[question] = Prompt(({"role": "user", "content": question},), row, answerable=False)
    return list(found.values())


def _name(language: str, draw: random.Random) -> str:
    number = draw.randint(11, 99)
    if language == "zh":
        return f"{''.join(draw.sample(CHARACTERS, 2))}{number}型"
    syllables = (draw.choice(ONSETS) + draw.choice(VOWELS) for _ in range(2))
    return f"{''.join(syllables).capitalize()}{draw.choice(ENDS)}-{number}"
