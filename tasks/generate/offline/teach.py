"""The offline teacher: questions and answers from the structure of a text, by rules alone.

It serves the quick start, tests and places without an endpoint. It finds only what stands in tables, key: value lines
and plainly formed sentences, and it words questions by frames and a list of names; a language model does far better.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from artifacts.records import Origin, QAPair, Quote, Section, short_id
from tasks.generate.config import OfflineTeacher
from tasks.generate.grounding.quotes import locate
from tasks.generate.offline.find import find_facts, is_question, tell_apart
from tasks.generate.offline.wordings import Language, Statement, fill, material, pairs_and_probes
from tasks.generate.taught import RejectRow, Taught


def teach(sections: Iterable[Section], dials: OfflineTeacher, seed: int, reject: RejectRow) -> Taught:
    """Rows for every fact, with held-out wordings as probes; a section without a fact is recorded."""
    facts: dict[tuple[str, str], Statement] = {}
    taught = Taught()
    for section, found in _stated(sections):
        if not found:
            reject(
                "no_fact_found", section, "no table, key: value line or definition that the offline teacher can read"
            )
        for fact in found:
            first = facts.setdefault((fact.subject, fact.attribute), fact)
            if first.value != fact.value:
                detail = (
                    f"{first.origin.file} says {first.value!r}, {fact.origin.file} {fact.value!r}; the first is kept"
                )
                reject("conflicting_value", _row(fact), detail)
        taught.pairs += _about_section(section, dials)
    for fact in facts.values():
        taught.facts.append(fact.record())
        pairs, probes = pairs_and_probes(fact, dials.wordings, dials.names, seed)
        taught.pairs += pairs
        taught.probes += probes
    return taught


def _stated(sections: Iterable[Section]) -> Iterator[tuple[Section, list[Statement]]]:
    """Each section and its facts; what they are about is told of a document as a whole."""
    for _, document in groupby(sections, key=lambda section: section.document):
        held = list(document)
        facts = tell_apart(fact for section in held for fact in find_facts(section))
        for section in held:
            yield section, [fact for fact in facts if fact.origin.section == section.id]


def _row(fact: Statement) -> QAPair:
    return QAPair(
        id=fact.id,
        fact=fact.id,
        question=f"{fact.subject}: {fact.attribute}",
        answer=fact.answer,
        value=fact.value,
        evidence=(fact.evidence,),
        language=fact.language,
        teacher="offline",
        origin=fact.origin,
    )


def _about_section(section: Section, dials: OfflineTeacher) -> list[QAPair]:
    """Questions for what stands under each heading of a section; the answer is its text."""
    origin = Origin(document=section.document, file=section.file, section=section.id, page=section.page)
    language: Language = "zh" if section.language == "zh" else "en"
    return [
        QAPair(
            id=short_id(part, question),
            fact=part,
            question=question,
            answer=text,
            evidence=(locate(text, (section,)) or Quote(text=text, section=section.id),),
            language=language,
            kind="section",
            wording=f"section-{number}",
            teacher="offline",
            origin=origin,
        )
        for headings, text in section.parts()
        if headings and text and len(text) <= dials.max_section_characters
        for part in [short_id(headings, text)]
        for number, question in enumerate(_about(headings, language)[: dials.section_questions])
    ]


def _about(headings: tuple[str, ...], language: Language) -> list[str]:
    """A heading that is a question is asked as it stands."""
    templates = material(language)["asked" if is_question(headings[-1]) else "section"]
    return [fill(template, d=headings[0], e=headings[-1]) for template in templates]
