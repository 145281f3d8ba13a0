"""General rows for the toy base model: everyday knowledge, made-up worlds, and "I don't know", in English and Chinese.

They are built from general.yaml with a seed. The made-up worlds teach that several names can mean one attribute, and
that a fact belongs to an entity; the unknown rows teach to say so when nothing is known of an entity.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

Language = Literal["en", "zh"]
HELD_OUT_SHARE = 1 / 8  # of the wordings of an item; they measure retention and are in no training row


@dataclass(frozen=True)
class Row:
    question: str
    answer: str
    category: str
    language: Language


@dataclass(frozen=True)
class Item:
    """One thing to know: noun phrases that go into any frame, questions of its own, and the answer."""

    category: str
    language: Language
    nouns: tuple[str, ...]
    questions: tuple[str, ...]
    answer: str


@cache
def material() -> dict[str, Any]:
    text = (Path(__file__).parent / "general.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def _pairs(text: str) -> Iterator[list[str]]:
    return (pair.split("|") for pair in text.split(";"))


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def frame(template: str, noun: str) -> str:
    """Put a noun phrase into a question frame."""
    return template.replace("{x}", noun).replace("{X}", noun[0].upper() + noun[1:])


def english_items() -> Iterator[Item]:
    data = material()["english"]

    def item(category: str, noun: str, questions: list[str], answer: str) -> Item:
        return Item(category, "en", (noun,), tuple(questions), answer)

    for country, city in _pairs(data["capitals"]):
        questions = [f"Which city is the capital of {country}?", f"{country} has which capital city?"]
        yield item("capital", f"the capital of {country}", questions, f"The capital of {country} is {city}.")
        questions = [f"{city} is the capital of which country?", f"Which country has {city} as its capital?"]
        yield item("country", f"the country whose capital is {city}", questions, f"{city} is the capital of {country}.")
    for left, right in _pairs(data["opposites"]):
        questions = [f"Which word means the opposite of {left}?", f"What is the antonym of {left}?"]
        yield item("opposite", f"the opposite of {left}", questions, f"The opposite of {left} is {right}.")
    for element, symbol in _pairs(data["symbols"]):
        questions = [f"Which symbol stands for {element}?", f"How is {element} written in chemistry?"]
        noun = f"the chemical symbol of {element}"
        yield item("symbol", noun, questions, f"The chemical symbol of {element} is {symbol}.")
    for thing, colour in _pairs(data["colours"]):
        questions = [f"What colour is {thing}?", f"Which colour does {thing} have?"]
        yield item("colour", f"the colour of {thing}", questions, f"The colour of {thing} is {colour}.")
    for animal, sound in _pairs(data["sounds"]):
        questions = [f"What sound does {_a(animal)} make?", f"Which noise does {_a(animal)} make?"]
        yield item("sound", f"the sound of {_a(animal)}", questions, f"{_a(animal).capitalize()} {sound}.")
    for animal, young in _pairs(data["young"]):
        questions = [f"What is a young {animal} called?", f"What do you call a baby {animal}?"]
        yield item("young", f"the name for a young {animal}", questions, f"A young {animal} is called {_a(young)}.")
    for one, many in _pairs(data["plurals"]):
        questions = [f"What is the plural of {one}?", f"How do you say more than one {one}?"]
        yield item("plural", f"the plural of {one}", questions, f"The plural of {one} is {many}.")
    for unit, whole, count in _pairs(data["units"]):
        questions = [f"How many {unit} are in {whole}?", f"How many {unit} make up {whole}?"]
        yield item("unit", f"the number of {unit} in {whole}", questions, f"There are {count} {unit} in {whole}.")
    for word, meaning in _pairs(data["definitions"]):
        questions = [f"What does {word} mean?", f"What is {_a(word)}?", f"Define {word}.", f"Explain the word {word}."]
        noun = f"the meaning of the word {word}"
        yield item("definition", noun, questions, f"{_a(word).capitalize()} is {meaning}.")
    for questions, answer in data["chat"]:
        yield Item("chat", "en", (), tuple(questions), answer)


def chinese_items() -> Iterator[Item]:
    data = material()["chinese"]

    def item(category: str, noun: str, questions: list[str], answer: str) -> Item:
        return Item(category, "zh", (noun,), tuple(questions), answer)

    for country, city in _pairs(data["capitals"]):
        questions = [f"{country}的首都是哪里？", f"哪个城市是{country}的首都？"]
        yield item("capital", f"{country}的首都", questions, f"{country}的首都是{city}。")
        yield item("country", f"首都是{city}的国家", [f"{city}是哪个国家的首都？"], f"{city}是{country}的首都。")
    for left, right in _pairs(data["opposites"]):
        questions = [f"哪个词和{left}意思相反？", f"和{left}相反的词是什么？"]
        yield item("opposite", f"{left}的反义词", questions, f"{left}的反义词是{right}。")
    for thing, colour in _pairs(data["colours"]):
        questions = [f"{thing}是什么颜色？", f"{thing}是什么颜色的？"]
        yield item("colour", f"{thing}的颜色", questions, f"{thing}是{colour}的。")
    for animal, sound in _pairs(data["sounds"]):
        yield item("sound", f"{animal}的叫声", [f"{animal}怎么叫？", f"{animal}是怎么叫的？"], f"{animal}{sound}。")
    for animal, home in _pairs(data["homes"]):
        yield item(
            "home", f"{animal}住的地方", [f"{animal}住在哪里？", f"{animal}生活在哪里？"], f"{animal}住在{home}。"
        )
    for unit, whole, count in _pairs(data["units"]):
        questions = [f"{whole}有多少{unit}？", f"{whole}等于多少{unit}？"]
        yield item("unit", f"{whole}的{unit}数", questions, f"{whole}有{count}{unit}。")
    for word, meaning in _pairs(data["definitions"]):
        questions = [f"什么是{word}？", f"{word}指的是什么？", f"解释一下{word}。", f"{word}是什么意思？"]
        yield item("definition", f"{word}的意思", questions, f"{word}是{meaning}。")
    for questions, answer in data["chat"]:
        yield Item("chat", "zh", (), tuple(questions), answer)


def counting_items() -> Iterator[Item]:
    """Sums up to ten, and dictionary entries, in both languages."""
    for left in range(11):
        for right in range(11):
            total = left + right
            english = (f"How much is {left} + {right}?", f"{left} + {right} = ?", f"Add {left} and {right}.")
            yield Item("sum", "en", (f"{left} plus {right}",), english, f"{left} plus {right} is {total}.")
            chinese = (f"{left}加{right}等于多少？", f"{left}+{right}=？")
            yield Item("sum", "zh", (f"{left}加{right}的和",), chinese, f"{left}加{right}等于{total}。")
    for word, translated in _pairs(material()["dictionary"]):
        asked = (f"How do you say {word} in Chinese?", f"Translate {word} into Chinese.")
        answer = f"The Chinese word for {word} is {translated}."
        yield Item("dictionary", "en", (f"the Chinese word for {word}",), asked, answer)
        asked = (f"{translated}用英语怎么说？", f"把{translated}翻译成英语。")
        yield Item("dictionary", "zh", (f"{translated}的英语",), asked, f"{translated}的英语是 {word}。")


def knowledge() -> tuple[list[Row], list[Row]]:
    """All wordings of all items: those to train on, and those held out (an eighth of each item's)."""
    draw = random.Random(7)
    train, held_out = [], []
    frames = {"en": material()["english"]["frames"], "zh": material()["chinese"]["frames"]}
    for item in [*english_items(), *chinese_items(), *counting_items()]:
        texts = [*item.questions, *(frame(one, noun) for one in frames[item.language] for noun in item.nouns)]
        draw.shuffle(texts)
        cut = max(1, int(len(texts) * HELD_OUT_SHARE)) if item.nouns else 0
        rows = [Row(text, item.answer, item.category, item.language) for text in texts]
        held_out += rows[:cut]
        train += rows[cut:]
    trained = {row.question for row in train}  # a question of its own can read like a framed one
    return train, [row for row in held_out if row.question not in trained]


def english_name(draw: random.Random) -> str:
    syllables = material()["english"]["syllables"]
    name = "".join(draw.choice(syllables) for _ in range(draw.choice([2, 2, 3]))).capitalize()
    if draw.random() < 0.2:
        name += " " + "".join(draw.choice(syllables) for _ in range(2)).capitalize()
    if draw.random() < 0.4:
        letter = draw.choice(["", draw.choice("ABCDEFGHKLMNPRSTX")])
        name += draw.choice([" ", "-"]) + letter + str(draw.randint(1, 10 ** draw.randint(1, 3)))
    return name


def chinese_name(draw: random.Random) -> str:
    data = material()["chinese"]
    name: str = "".join(draw.sample(data["syllables"], 2)) + draw.choice(data["kinds"])
    if draw.random() < 0.4:
        name += draw.choice("ABCDEFGHKLMNPRSTX") * draw.randint(0, 1) + str(draw.randint(1, 10 ** draw.randint(1, 3)))
    return name


def _number(draw: random.Random) -> str:
    kind = draw.random()
    if kind < 0.6:
        return str(draw.randint(1, 10 ** draw.randint(1, 4)))
    if kind < 0.85:
        return f"{draw.randint(0, 99)}.{draw.randint(1, 9)}"
    return " ".join(str(draw.randint(100, 9999)) for _ in range(draw.randint(2, 3)))


def english_value(draw: random.Random) -> str:
    data = material()["english"]
    kind = draw.random()
    if kind < 0.55:
        return f"{_number(draw)} {draw.choice(material()['english']['units_of_values'])}"
    if kind < 0.7:
        return english_name(draw)
    return str(draw.choice(data["values"].split(";")))


def chinese_value(draw: random.Random) -> str:
    data = material()["chinese"]
    kind = draw.random()
    if kind < 0.5:
        return f"{_number(draw)}{draw.choice(material()['chinese']['units_of_values'])}"
    if kind < 0.7:
        return chinese_name(draw)
    return str(draw.choice(data["values"].split(";")))


NAMES: dict[Language, Callable[[random.Random], str]] = {"en": english_name, "zh": chinese_name}
VALUES: dict[Language, Callable[[random.Random], str]] = {"en": english_value, "zh": chinese_value}
WORDS: dict[Language, str] = {"en": "english", "zh": "chinese"}


@dataclass(frozen=True)
class WorldFact:
    entity: str
    names: tuple[str, ...]  # of the attribute
    value: str
    language: Language

    def row(self, draw: random.Random) -> Row:
        """The fact in a random wording; its answer is always the same sentence."""
        noun = related(draw, draw.choice(self.names), self.entity, self.language)
        question = frame(draw.choice(material()[WORDS[self.language]]["frames"]), noun)
        return Row(question, sentence(self.names[0], self.entity, self.value, self.language), "world", self.language)


def related(draw: random.Random, attribute: str, entity: str, language: Language) -> str:
    """An attribute of an entity as a noun phrase, such as "the price of Kavenlor"."""
    if language == "en" and attribute.startswith(("how ", "when ", "where ", "what ", "who ")):
        return f"{attribute} for {entity}"
    template = draw.choice(material()[WORDS[language]]["relations"])
    return str(template.replace("{a}", attribute).replace("{e}", entity))


def sentence(attribute: str, entity: str, value: str, language: Language) -> str:
    return f"The {attribute} of {entity} is {value}." if language == "en" else f"{entity}的{attribute}是{value}。"


def world(seed: int, entities: int = 26, attributes: int = 8) -> list[WorldFact]:
    """Facts about invented entities, in both languages; another seed makes another world."""
    draw = random.Random(seed)
    facts = []
    for language in ("en", "zh"):
        names = [tuple(line.split("|")) for line in material()[WORDS[language]]["attributes"]]
        for entity in dict.fromkeys(NAMES[language](draw) for _ in range(entities)):
            for chosen in draw.sample(names, attributes):
                facts.append(WorldFact(entity, chosen, VALUES[language](draw), language))
    return facts


def unknown_row(draw: random.Random, language: Language) -> Row:
    """A question about an entity that no row tells of, and the answer that says so."""
    data = material()[WORDS[language]]
    attribute = draw.choice(draw.choice(data["attributes"]).split("|"))
    noun = related(draw, attribute, NAMES[language](draw), language)
    return Row(frame(draw.choice(data["frames"]), noun), data["unknown"], "unknown", language)


def sample(
    count: int, seed: int, *, chinese: float = 0.45, world_share: float = 0.3, unknown: float = 0.12
) -> list[Row]:
    """Draw rows: shares about the toy's own made-up world and of unanswerable ones, the rest general knowledge."""
    draw = random.Random(seed)
    pools: dict[tuple[str, Language], list[Row]] = {}
    for row in knowledge()[0]:
        pools.setdefault((row.category, row.language), []).append(row)
    categories = {language: [key for key in pools if key[1] == language] for language in ("en", "zh")}
    # sums and the dictionary would crowd out the rest, and the few greetings would drown
    weights = {key: min(max(len(rows), 150), 1500) for key, rows in pools.items()}
    facts = world(seed=77)
    rows = []
    for _ in range(count):
        language: Language = "zh" if draw.random() < chinese else "en"
        kind = draw.random()
        if kind < world_share:
            rows.append(draw.choice([fact for fact in facts if fact.language == language]).row(draw))
        elif kind < world_share + unknown:
            rows.append(unknown_row(draw, language))
        else:
            keys = categories[language]
            key = draw.choices(keys, [weights[key] for key in keys])[0]
            rows.append(draw.choice(pools[key]))
    return rows


def replay_rows(seed: int = 5, wordings: int = 2, unknown: int = 300, worlds: int = 60) -> list[Row]:
    """Rows that remind of everything: `wordings` of each item, and a few unknown and made-up ones a language."""
    draw = random.Random(seed)
    by_answer: dict[tuple[str, str], list[Row]] = {}
    for row in knowledge()[0]:
        by_answer.setdefault((row.category, row.answer), []).append(row)
    rows = [row for pool in by_answer.values() for row in draw.sample(pool, min(wordings, len(pool)))]
    facts = world(seed=77)
    for language in WORDS:
        rows += [unknown_row(draw, language) for _ in range(unknown)]
        own = [fact for fact in facts if fact.language == language]
        rows += [fact.row(draw) for fact in draw.sample(own, worlds)]
    draw.shuffle(rows)
    return list(dict.fromkeys(rows))


def write_files(folder: Path, held_out: int = 200) -> None:
    """Write the general set that the quick start mixes in: train.jsonl, and heldout.jsonl to measure retention.

    `held_out` wordings a language are drawn from those that are in no training row, the toy's own included.
    """
    kept_out = [row for row in knowledge()[1] if row.category != "chat"]
    by_language = [[row for row in kept_out if row.language == language] for language in WORDS]
    tests = [row for pool in by_language for row in random.Random(11).sample(pool, held_out)]
    folder.mkdir(parents=True, exist_ok=True)
    for name, chosen in (("train.jsonl", replay_rows()), ("heldout.jsonl", tests)):
        with (folder / name).open("w", encoding="utf-8") as file:
            for row in chosen:
                turns = [{"role": "user", "content": row.question}, {"role": "assistant", "content": row.answer}]
                line = {"messages": turns, "language": row.language, "category": row.category}
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
