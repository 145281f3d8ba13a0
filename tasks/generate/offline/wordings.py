"""Different ways to ask for one fact, without a language model: question frames around names of the asked thing.

Which wordings are held out is decided by the fact alone, before any row is made, so a probe never reaches training.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import yaml

from artifacts.records import Fact, Origin, Probe, ProbeKind, QAPair, Quote, short_id
from tasks.generate.config import WORDINGS

Language = Literal["en", "zh"]
SMALL_WORDS = {
    "of",
    "the",
    "a",
    "an",
    "for",
    "to",
    "in",
    "on",
    "at",
    "per",
    "by",
    "from",
    "with",
    "and",
    "or",
    "after",
    "before",
}


@dataclass(frozen=True)
class Statement:
    """One claim: a subject, what is asked of it, and the value; with the words of the document that say so."""

    subject: str
    attribute: str  # empty for a definition: the value is what the subject is
    value: str
    evidence: Quote
    language: Language
    origin: Origin
    part: str = ""  # the heading that it stands under, where the subject is one above it

    @property
    def id(self) -> str:
        return short_id(self.subject, self.attribute, self.value)

    def record(self) -> Fact:
        return Fact(
            id=self.id,
            subject=self.subject,
            claim=self.answer,
            value=self.value,
            evidence=(self.evidence,),
            language=self.language,
            origin=self.origin,
        )

    @property
    def answer(self) -> str:
        words = material(self.language)
        template = words["answer"] if self.attribute else words["meaning"]["answer"]
        capital = self.subject[:1].upper() + self.subject[1:]
        return fill(template, E=capital, e=self.subject, a=self.attribute, v=self.value)


@cache
def material(language: Language) -> dict[str, Any]:
    """The frames, relations and names of a language."""
    loaded: dict[str, Any] = yaml.safe_load(WORDINGS.read_text(encoding="utf-8"))[language]
    return loaded


def fill(template: str, **parts: str) -> str:
    """Put parts into {marks}, leaving any braces within the parts alone."""
    return re.sub(r"\{(\w)\}", lambda match: parts[match[1]], template)


def names_for(attribute: str, language: Language) -> list[str]:
    """Noun phrases for one attribute, itself first: turned about ("tank volume", "volume of the tank"), or with
    one or two words replaced by others of the same meaning."""
    names = material(language)["names"]
    found = [attribute]
    if language == "zh":
        keys = sorted((word for word in names if word in attribute), key=lambda word: -len(word))
        for word in keys:
            found += [attribute.replace(word, other, 1) for other in names[word]]
        for first in keys[:1]:
            for second in keys[1:2]:
                swapped = attribute.replace(first, names[first][0], 1).replace(second, names[second][0], 1)
                found.append(swapped)
        found += [f"{attribute}这一项", f"{attribute}信息"]
        return list(dict.fromkeys(found))
    # from the right: the head of the phrase first, and longer names before the words in them
    keys = sorted((key for key in names if re.search(rf"\b{key}\b", attribute, re.IGNORECASE)), key=len, reverse=True)
    keys.sort(key=lambda key: -attribute.lower().rfind(key) - len(key))
    for key in keys:
        found += [re.sub(rf"\b{key}\b", other, attribute, count=1, flags=re.IGNORECASE) for other in names[key]]
    words = attribute.split()
    fixed = SMALL_WORDS | set(material(language)["adjectives"])
    if len(words) > 1 and not fixed & {word.lower() for word in words}:
        heads = [words[-1], *(other for other in names.get(words[-1].lower(), ()) if " " not in other)]
        found += [f"{head} of the {' '.join(words[:-1])}" for head in heads]
    found += [f"stated {attribute}", f"{attribute} on record"]
    return list(dict.fromkeys(found))


def tie(draw: random.Random, name: str, fact: Statement) -> str:
    """A name of an attribute tied to the subject: "the weight of Kavenlor"."""
    return fill(draw.choice(material(fact.language)["relations"]), a=name, e=fact.subject)


def ask(template: str, noun: str) -> str:
    return fill(template, x=noun, X=noun[:1].upper() + noun[1:])


@dataclass(frozen=True)
class Wordings:
    """How one fact is asked: the questions to train with, and those held out, by kind."""

    train: tuple[str, ...]
    held_out: tuple[tuple[ProbeKind, str], ...]


def word(fact: Statement, count: int, names: int, seed: int) -> Wordings:
    """Choose `count` training questions over at most `names` names of the attribute, and the held-out ones first."""
    draw = random.Random(f"{seed}:{fact.id}")
    words = material(fact.language)
    if not fact.attribute:
        return _word_definition(fact, count, draw)
    found = names_for(fact.attribute, fact.language)
    own, held_name = found[0], draw.choice([name for name in found[1:] if not _much_the_same(name, found[0])][:2])
    others = [name for name in found[1:] if not _much_the_same(held_name, name)]
    trained = [own, *draw.sample(others, min(names, count, len(others) + 1) - 1)]
    frames = draw.sample(words["frames"], len(words["frames"]))
    held_frames, frames = frames[:2], frames[2:]
    unseen = draw.choice(words["unseen_frames"])
    held_out: list[tuple[ProbeKind, str]] = [
        *(("wording", ask(frame, tie(draw, draw.choice(trained), fact))) for frame in held_frames),
        ("noun_phrase", ask(draw.choice(frames), tie(draw, held_name, fact))),
        ("frame", ask(unseen, tie(draw, draw.choice(trained), fact))),
    ]
    train = [ask(frames[i % len(frames)], tie(draw, trained[i % len(trained)], fact)) for i in range(count)]
    return Wordings(tuple(dict.fromkeys(train)), tuple(held_out))


def _much_the_same(name: str, other: str) -> bool:
    """Whether one name holds the other, or both have the same words in another order ("size of the tank")."""
    bags = [sorted(re.findall(r"[^\W\u4e00-\u9fff]+|[\u4e00-\u9fff]", text.lower())) for text in (name, other)]
    bare = [[word for word in bag if word not in SMALL_WORDS] for bag in bags]
    return name in other or bare[0] == bare[1]


def _word_definition(fact: Statement, count: int, draw: random.Random) -> Wordings:
    words = material(fact.language)
    meaning = words["meaning"]
    direct = [fill(question, e=fact.subject) for question in meaning["questions"]]
    own, *others = names_for(meaning["attribute"], fact.language)
    shuffled = draw.sample(words["frames"], len(words["frames"]))
    held_frames, frames = shuffled[:2], shuffled[2:]
    framed = [ask(frame, tie(draw, own, fact)) for frame in frames[: max(0, count - len(direct))]]
    held_out: list[tuple[ProbeKind, str]] = [
        *(("wording", ask(frame, tie(draw, own, fact))) for frame in held_frames),
        ("noun_phrase", ask(draw.choice(frames), tie(draw, draw.choice(others[:2]), fact))),
        ("frame", fill(draw.choice(meaning["unseen"]), e=fact.subject)),
    ]
    return Wordings(tuple(draw.sample(direct, min(count, len(direct))) + framed), tuple(held_out))


def pairs_and_probes(fact: Statement, count: int, names: int, seed: int) -> tuple[list[QAPair], list[Probe]]:
    """The rows of a fact. A training question that happens to equal a held-out one is left out."""
    wordings = word(fact, count, names, seed)
    held = {question for _, question in wordings.held_out}
    pairs = [
        QAPair(
            id=short_id(fact.id, question),
            fact=fact.id,
            question=question,
            answer=fact.answer,
            value=fact.value,
            evidence=(fact.evidence,),
            language=fact.language,
            wording=f"train-{number}",
            teacher="offline",
            origin=fact.origin,
        )
        for number, question in enumerate(wordings.train)
        if question not in held
    ]
    probes = [
        Probe(
            id=short_id(fact.id, kind, question),
            fact=fact.id,
            kind=kind,
            question=question,
            answer=fact.answer,
            value=fact.value,
            language=fact.language,
            origin=fact.origin,
        )
        for kind, question in {q: (k, q) for k, q in wordings.held_out}.values()
    ]
    return pairs, probes
