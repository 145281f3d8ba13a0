"""Mix: the rows to train on, to validate with, and to measure forgetting by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from artifacts.publish import run_stage
from artifacts.records import Conversation, Probe, QAPair
from artifacts.runs import Run
from artifacts.stage import StageError, Work
from artifacts.store import Ref
from tasks.mix import draw
from tasks.mix.config import DOMAIN, MixConfig, Source
from tasks.mix.formats import BadRowError, conversation
from tasks.mix.sources import read
from tasks.models.language.leak import Guard
from tasks.models.language.match import normalise

BAND = (0.2, 0.4)  # of the domain share, by the rule of those who do this often
SHOWN_FILES = 5
SET_ASIDE = 0.1  # of the general rows at most, for retention


@task(name="mix", persist_result=False, cache_policy=NO_CACHE)
def mix(run: Run, config: MixConfig, parse: Ref, clean: Ref, generate: Ref) -> Ref | State[Ref]:
    """Mix the documents' rows with general ones, and hold out what validation and retention need."""
    return run_stage(run, config, {"parse": parse, "clean": clean, "generate": generate}, make)


def make(work: Work[MixConfig]) -> None:
    config = work.config
    pairs = list(work.read("clean", "qa.jsonl", QAPair))
    if not pairs:
        raise StageError("mix: clean left no row of the documents; its rejects say why (graft show clean)")
    held_out = draw.validation_documents(pairs, config.validation_share, config.seed)
    domain = [domain_row(pair, config) for pair in pairs if draw.held_together(pair) not in held_out]
    unseen = [domain_row(pair, config) for pair in pairs if draw.held_together(pair) in held_out]

    work.notes += untrained(pairs, held_out)

    pool = list(without_probes(work, general_rows(work, config.general)))
    retention, pool = retention_rows(work, pool)
    to_validate = {row.id for row in pool if draw.chance("split", config.seed, row.id) < config.validation_share}
    general = general_for(work, domain, [row for row in pool if row.id not in to_validate], tell=True)
    general_unseen = general_for(work, unseen, [row for row in pool if row.id in to_validate])

    train = draw.spread([*domain, *general], config.seed)
    validation = draw.spread([*unseen, *general_unseen], config.seed)
    work.write("train.jsonl", train)
    work.write("validation.jsonl", validation)
    work.write("retention.jsonl", retention)
    work.counts.update({"in": len(pairs), "kept": len(train), "domain": len(domain), "general": len(general)})
    work.counts.update({"validation": len(validation), "retention": len(retention)})
    work.facts["domain_share"] = round(len(domain) / len(train), 4)
    work.facts["languages"] = dict(sorted(Counter(row.language for row in train).items()))
    work.facts["sources"] = dict(sorted(Counter(row.source for row in train).items()))
    work.facts["validation_documents"] = sorted(held_out)


def domain_row(pair: QAPair, config: MixConfig) -> Conversation:
    return Conversation(
        id=pair.id,
        messages=(*pair.prompt(), {"role": "assistant", "content": pair.reply(config.reasoning)}),
        source=DOMAIN,
        language=pair.language,
        fact=pair.fact,
    )


def untrained(pairs: list[QAPair], held_out: set[str]) -> list[str]:
    """A note of the facts that validation takes away from training."""
    facts = {pair.fact for pair in pairs} - {pair.fact for pair in pairs if draw.held_together(pair) not in held_out}
    if not facts:
        return []
    files = sorted({pair.origin.file for pair in pairs if pair.fact in facts})
    shown = ", ".join(files[:SHOWN_FILES]) + (f" and {len(files) - SHOWN_FILES} more" * (len(files) > SHOWN_FILES))
    return [
        f"{len(facts)} facts are not trained, because they or their documents are held out for validation: {shown}; "
        "mix.validation_share: 0 trains on every fact"
    ]


def general_rows(work: Work[MixConfig], sources: Sequence[Source]) -> list[Conversation]:
    """The good rows of the sources, each once; the others are rejects that say where they stand."""
    rows: dict[str, Conversation] = {}
    for source in sources:
        good, why = 0, "it is empty"
        with work.progress.task(f"reading {source.title}") as progress:
            for place, raw in read(source):
                progress.advance()
                try:
                    row = conversation(raw, source.title)
                except BadRowError as bad:
                    why = f"{place}: {bad}"
                    work.reject(bad.reason, raw if isinstance(raw, dict) else {"text": str(raw)}, why)
                    continue
                good += 1
                if rows.setdefault(row.id, row) is not row:
                    work.reject("duplicate", row, f"{place}: stands in {rows[row.id].source} already")
        if not good:
            raise StageError(
                f"mix: {source.path}: no row can be used ({why}); correct the file or leave the source out"
            )
    return list(rows.values())


def without_probes(work: Work[MixConfig], pool: list[Conversation]) -> Iterator[Conversation]:
    """General rows that do not ask what a held-out probe asks."""
    guard = Guard(work.read("generate", "probes.jsonl", Probe))
    for row in pool:
        if (leak := guard.find(row.messages)) is None:
            yield row
        else:
            work.reject("probe_leak", row, f"asks the question of probe {leak.probe}: {leak.question}")


def retention_rows(work: Work[MixConfig], pool: list[Conversation]) -> tuple[list[Conversation], list[Conversation]]:
    """Rows that measure forgetting, in equal parts of the languages, and the pool without them and their like."""
    config = work.config
    if config.retention is not None:
        candidates, count = general_rows(work, [config.retention]), config.retention_rows
    else:
        candidates, count = pool, min(config.retention_rows, int(SET_ASIDE * len(pool)))
    equal = {row.language: 1.0 for row in candidates}
    weights = {source.title: source.weight for source in config.general}
    chosen = draw.draw(candidates, count, sources=weights, languages=equal, seed=config.seed)
    ids, asked = {row.id for row in chosen}, {question(row) for row in chosen}
    rest = []
    for row in pool:
        if row.id in ids and config.retention is None:
            continue
        if question(row) in asked:
            work.reject("held_out", row, "asks what a retention row asks, so it is not trained on")
        else:
            rest.append(row)
    return [row.model_copy(update={"source": f"retention:{row.source}"}) for row in chosen], rest


def question(row: Conversation) -> str:
    """What the user says, in the form that questions are compared in; as it is where that form holds nothing of it."""
    asked = "\n".join(message["content"] for message in row.messages if message["role"] == "user")
    return normalise(asked) or asked


def general_for(
    work: Work[MixConfig], domain: list[Conversation], pool: list[Conversation], *, tell: bool = False
) -> list[Conversation]:
    """As many general rows as give the domain rows their share; `tell` notes where that can't be had."""
    config = work.config
    wanted = round(len(domain) * (1 - config.domain_share) / config.domain_share)
    languages = Counter(row.language for row in domain) if config.match_languages else None
    repeats, rest = divmod(wanted, len(pool)) if config.repeat_general and pool else (0, wanted)
    weights = {source.title: source.weight for source in config.general}
    rows = pool * repeats + draw.draw(pool, rest, sources=weights, languages=languages, seed=config.seed)
    if tell:
        work.notes += notes(config, domain, rows, wanted)
    return rows


def notes(config: MixConfig, domain: list[Conversation], general: list[Conversation], wanted: int) -> list[str]:
    """What a user should know of a mix that is not what the rule or the configuration asks for."""
    found = []
    if not BAND[0] <= config.domain_share <= BAND[1]:
        found.append(f"domain_share {config.domain_share} is outside {BAND[0]} to {BAND[1]}, where most mixes are")
    if len(general) < wanted:
        share = len(domain) / (len(domain) + len(general))
        found.append(
            f"there are {len(general)} general rows where {wanted} are needed: the domain share is {share:.2f} and not "
            f"{config.domain_share}; name more sources, or set repeat_general"
        )
    if config.match_languages and general:
        missing = {row.language for row in domain} - {row.language for row in general}
        found += [f"no general row is in {language}; the model may forget it" for language in sorted(missing)]
    return found
