"""Mix: the rows to train on, to validate with, and to measure forgetting by."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from artifacts.publish import run_stage
from artifacts.records import DOCUMENTS, DOMAIN, Conversation, Fact, QAPair, Section
from artifacts.runs import Run
from artifacts.stage import StageError, Work
from artifacts.store import Ref
from tasks.mix import select
from tasks.mix.amounts import counted, domain_rows, exposures, general_budget, notes, shown, validation_notes
from tasks.mix.config import MixConfig
from tasks.mix.curriculum import questions_first
from tasks.mix.documents import named, texts
from tasks.mix.draw import Size, spread
from tasks.mix.general import General, general_rows
from tasks.mix.retention import retention_rows
from tasks.mix.screen import Screen
from tasks.mix.split import (
    FactsOf,
    facts_told,
    general_sides,
    held_together,
    question,
    spans,
    validation_documents,
)
from tasks.models.config import EMBEDDED
from tasks.models.language.telling import Told
from tasks.models.tokens import counter, tokenizer_file


@task(name="mix", persist_result=False, cache_policy=NO_CACHE)
def mix(run: Run, config: MixConfig, parse: Ref, clean: Ref, generate: Ref) -> Ref | State[Ref]:
    """Mix the documents' rows with general ones, and hold out what validation and retention need."""
    return run_stage(run, config, {"parse": parse, "clean": clean, "generate": generate}, make)


def make(work: Work[MixConfig]) -> None:
    config = work.config
    pairs = list(work.read("clean", "qa.jsonl", QAPair))
    if not pairs:
        raise StageError("mix: clean left no row of the documents; its rejects say why (graft show clean)")
    facts = list(work.read("generate", "facts.jsonl", Fact))
    known = {fact.id for fact in facts}
    places = list(work.read("parse", "sections.jsonl", Section)) if config.documents else []
    told = facts_told(pairs, places, Told(fact for fact in facts if config.validation_share and not fact.control))
    held_out = validation_documents(pairs, places, told, config.validation_share, config.seed)
    taught, unseen = sides(work, pairs, held_out)
    size = unit(config)
    screen = Screen(work)
    own_text = texts(work, screen, places, facts, held_out) if config.documents else []
    domain = domain_rows(taught, own_text, config, size)

    trained = {
        fact for name in (*(row.id for row in taught), *(piece.section for piece in own_text)) for fact in told[name]
    }
    unseen = list(not_told(work, unseen, told, trained))
    work.notes += untrained(pairs, trained, known)
    work.notes += unvalidated(config, held_out, unseen)

    pool = list(screen.rows(general_rows(work, screen, config.general)))
    retention, spared = retention_rows(work, screen, pool)
    pool = select.chosen(work, spared, taught)
    share = config.validation_share if unseen else 0.0  # general rows validate beside the documents', not alone
    to_train, to_validate = general_sides(pool, share, config.seed)
    general_data = General(work, size, screen)
    wanted = general_budget(domain, config, size)
    general = general_data.draw(to_train, domain, wanted, repeat=config.repeat_general)
    train = in_order([*domain, *general], config)
    unselected = len(spared) - len(pool)
    work.notes += notes(config, train, wanted, size, unselected)
    if config.exposures is not None or config.total is not None:
        work.notes.append(exposures(taught, domain, known))
    work.notes += missing_languages(config, domain, general)

    unseen_wanted = round(sum(map(size, unseen)) * (1 - config.domain_share) / config.domain_share)
    general_unseen = list(not_asked(work, general_data.draw(to_validate, unseen, unseen_wanted), train))
    work.notes += validation_notes(config, general_unseen, unseen_wanted, size, unselected)
    validation = spread([*not_asked(work, unseen, train), *general_unseen], config.seed)

    work.write("train.jsonl", train)
    work.write("validation.jsonl", validation)
    work.write("retention.jsonl", retention)
    account(work, train, validation, retention)
    work.counts["in"] = len(pairs)
    if left := {row.id for row in taught} - {row.id for row in domain}:
        work.counts["not_drawn"] = len(left)
    work.facts |= shown(taught, domain, known)
    work.facts["validation_documents"] = sorted(held_out)


def account(
    work: Work[MixConfig], train: list[Conversation], validation: list[Conversation], retention: list[Conversation]
) -> None:
    """The figures of what was written, for the manifest."""
    sources = Counter(row.source for row in train)
    taught = sources[DOMAIN] + sources[DOCUMENTS]
    work.counts.update({"kept": len(train), "domain": sources[DOMAIN], "general": len(train) - taught})
    work.counts.update({"validation": len(validation), "retention": len(retention)})
    if general := sum(row.source != DOMAIN for row in validation):
        work.counts["validation_general"] = general
    if work.config.documents:
        work.counts["documents"] = sources[DOCUMENTS]
    work.facts["domain_share"] = round(taught / len(train), 4)
    work.facts["languages"] = dict(sorted(Counter(row.language for row in train).items()))
    work.facts["sources"] = dict(sorted(sources.items()))
    if work.config.curriculum != "none":
        work.facts["ordered"] = True  # sft shows the rows as they stand


def unit(config: MixConfig) -> Size:
    """What amounts are counted in: rows, or the tokens of their text."""
    if config.tokens is None:
        return lambda row: 1
    count = counter(tokenizer_file(config.tokenizer or EMBEDDED))
    sizes: dict[int, int] = {}  # by what is said, as a replayed row has the id of the one it replaces

    def tokens(row: Conversation) -> int:
        said = [message["content"] for message in row.messages]
        key = hash(tuple(said))
        if key not in sizes:
            sizes[key] = sum(count(said))
        return sizes[key]

    return tokens


def in_order(rows: list[Conversation], config: MixConfig) -> list[Conversation]:
    return (questions_first if config.curriculum == "qa_first" else spread)(rows, config.seed)


def sides(
    work: Work[MixConfig], pairs: list[QAPair], held_out: set[str]
) -> tuple[list[Conversation], list[Conversation]]:
    """What is trained and what validates; a row that draws on documents of both sides is on none."""
    places: defaultdict[str, set[str]] = defaultdict(set)
    if held_out:
        for section in work.read("parse", "sections.jsonl", Section):
            places[section.id].add(section.document)
    taught, unseen = list[Conversation](), list[Conversation]()
    for pair in pairs:
        if held_out and spans(pair, held_out, places):
            work.reject("spans_split", pair, "draws on a trained document and on one that is held out for validation")
        else:
            (unseen if held_together(pair) in held_out else taught).append(domain_row(pair, work.config))
    if not taught:
        raise StageError("mix: every row draws on documents that are held out; lower mix.validation_share")
    return taught, unseen


def domain_row(pair: QAPair, config: MixConfig) -> Conversation:
    return Conversation(
        id=pair.id,
        messages=(*pair.prompt(), {"role": "assistant", "content": pair.reply(config.reasoning)}),
        source=DOMAIN,
        language=pair.language,
        fact=pair.fact,
    )


def untrained(pairs: list[QAPair], trained: Collection[str], known: Collection[str]) -> Iterator[str]:
    """A note of the facts, and the other questions, that validation takes away from training."""
    lost = {pair.fact for pair in pairs if pair.fact not in trained}
    if lost:
        files = {pair.origin.file for pair in pairs if pair.fact in lost}
        yield (
            f"{counted(lost, known)} are not trained, because they or their documents are held out for validation: "
            f"{named(files)}; mix.validation_share: 0 trains on every fact"
        )


def unvalidated(config: MixConfig, held_out: Collection[str], unseen: Sequence[Conversation]) -> Iterator[str]:
    """A note where validation was asked for and no row of the documents is left for it."""
    if config.validation_share and not unseen:
        why = (
            "training tells all that the documents held out say"
            if held_out
            else "whole documents are held out, never all, and each has too many of the rows or says what others say"
        )
        yield (
            f"nothing validates: {why}; raise mix.validation_share ({config.validation_share}), or set it to 0 if you "
            "want none"
        )


def missing_languages(config: MixConfig, domain: list[Conversation], general: list[Conversation]) -> Iterator[str]:
    if config.match_languages and general:
        for language in sorted({row.language for row in domain} - {row.language for row in general}):
            yield f"no general row is in {language}; the model may forget it"


def not_told(
    work: Work[MixConfig], rows: list[Conversation], told: FactsOf, trained: set[str]
) -> Iterator[Conversation]:
    """Rows to validate with that tell no fact that a row or a text of training tells."""
    for row in rows:
        if trained.isdisjoint(told[row.id]):
            yield row
        else:
            work.reject("told_in_training", row, "tells a fact that training tells elsewhere, so it does not validate")


def not_asked(work: Work[MixConfig], rows: list[Conversation], train: list[Conversation]) -> Iterator[Conversation]:
    """Rows to validate with that ask nothing that a training row asks."""
    trained = {question(row) for row in train} if rows else set()
    for row in rows:
        if question(row) in trained:
            work.reject("asked_in_training", row, "asks what a training row asks, so it does not validate")
        else:
            yield row
