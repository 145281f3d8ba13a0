"""How many rows an epoch has: of each fact, of the documents' text, and of general data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from itertools import islice

from artifacts.records import DOCUMENTS, DOMAIN, Conversation
from artifacts.stage import StageError
from tasks.mix.config import BAND, MixConfig
from tasks.mix.documents import Piece
from tasks.mix.draw import Size, by_subject, deal


def domain_rows(
    questions: Sequence[Conversation], pieces: Sequence[Piece], config: MixConfig, size: Size
) -> list[Conversation]:
    """The documents' rows of an epoch, each fact and each piece of text as often as any other, to within one."""
    wordings = by_subject(questions, config.seed)
    turns = ((wordings[fact][turn % len(wordings[fact])]) for fact, turn in deal(wordings, config.seed))
    texts = (piece.row(turn) for piece, turn in deal(pieces, config.seed))
    if config.exposures is not None:
        asked = list(islice(turns, config.exposures * len(wordings)))
    elif config.total is None:
        asked = list(questions)
    else:
        return list(_within(round(config.domain_share * config.total), _beside(turns, texts, config.documents), size))
    return [*asked, *islice(texts, round(config.documents * len(asked)))]


def _beside(
    questions: Iterator[Conversation], texts: Iterator[Conversation], documents: float
) -> Iterator[Conversation]:
    """Questions with texts between them, so that any part of it has as many texts a question as the whole."""
    given = 0
    for number, question in enumerate(questions, 1):
        yield question
        for text in islice(texts, int(number * documents) - given):
            given += 1
            yield text


def _within(budget: int, rows: Iterator[Conversation], size: Size) -> Iterator[Conversation]:
    """Rows up to a budget, one at least; the last one where more than half of it fits."""
    spent = 0
    for row in rows:
        more = size(row)
        if spent and budget - spent < more / 2:
            return
        yield row
        spent += more


def general_budget(domain: Sequence[Conversation], config: MixConfig, size: Size) -> int:
    """What is left for general rows, in rows or, where `tokens` is set, in tokens."""
    taken = sum(map(size, domain))
    if config.total is None:
        return round(taken * (1 - config.domain_share) / config.domain_share)
    if taken > config.total:
        name = _unit(config)
        raise StageError(
            f"mix: {config.exposures} exposures of each fact are {taken:,} {name} of the documents, and mix.{name} is "
            f"{config.total:,}; raise it to {round(taken / config.domain_share):,} for a domain share of "
            f"{config.domain_share}, or lower mix.exposures"
        )
    return config.total - taken


def shown(
    questions: Sequence[Conversation], domain: Sequence[Conversation], facts: Container[str]
) -> dict[str, dict[str, float]]:
    """How often an epoch shows each fact, and each other question (of a whole section, of two, of one's own).

    One that comes not at all is among them.
    """
    times = Counter(row.fact for row in domain if row.source == DOMAIN)
    every: dict[str, list[int]] = {"exposures": [], "other_exposures": []}
    for subject in {row.fact for row in questions}:
        every["exposures" if subject in facts else "other_exposures"].append(times[subject])
    return {
        name: {"min": min(found), "mean": round(sum(found) / len(found), 2), "max": max(found)}
        for name, found in every.items()
        if found
    }


def counted(subjects: Collection[str], facts: Container[str]) -> str:
    """Facts and other questions, apart: `5 facts and 2 other questions`."""
    known = sum(subject in facts for subject in subjects)
    parts = ((known, "facts"), (len(subjects) - known, "other questions"))
    return " and ".join(f"{count:,} {name}" for count, name in parts if count)


def notes(config: MixConfig, train: Sequence[Conversation], wanted: int, size: Size, unselected: int) -> Iterator[str]:
    """What a user should know of amounts that are not what the rule or the configuration asks for."""
    domain = [row for row in train if row.source in (DOMAIN, DOCUMENTS)]
    general = [row for row in train if row.source not in (DOMAIN, DOCUMENTS)]
    spent, rest = sum(map(size, domain)), sum(map(size, general))
    share = spent / (spent + rest)
    if not BAND[0] <= config.domain_share <= BAND[1] and not config.share_follows:
        yield f"domain_share {config.domain_share} is outside {BAND[0]} to {BAND[1]}, where most mixes are"
    if config.share_follows:
        outside = "" if BAND[0] <= share <= BAND[1] else f", outside {BAND[0]} to {BAND[1]}, where most mixes are"
        total = f"mix.{_unit(config)}"
        yield f"mix.exposures and {total} leave a domain share of {share:.2f}{outside}; mix.domain_share is not used"
    if missing := _missing(general, rest, wanted, size):
        rather = "" if config.share_follows else f" and not {config.domain_share}"
        remedy = _remedy(unselected, *([] if config.repeat_general else ["set repeat_general"]))
        yield (
            f"there are {_general(general, size, config)} where {missing:,} are needed: the domain share is "
            f"{share:.2f}{rather}; {remedy}"
        )


def validation_notes(
    config: MixConfig, general: Sequence[Conversation], wanted: int, size: Size, unselected: int
) -> Iterator[str]:
    """Where fewer general rows validate than the share asks for; each does once, so none comes again to fill it."""
    if config.general and (missing := _missing(general, sum(map(size, general)), wanted, size)):
        yield (
            f"{_general(general, size, config)} validate where {missing:,} are needed for the domain share; "
            f"{_remedy(unselected)}"
        )


def _general(rows: Sequence[Conversation], size: Size, config: MixConfig) -> str:
    amount = sum(map(size, rows))
    return f"{amount:,} general rows" if _unit(config) == "rows" else f"{amount:,} tokens of general rows"


def _unit(config: MixConfig) -> str:
    return "tokens" if config.tokens else "rows"


def _remedy(unselected: int, *others: str) -> str:
    """What gives more general rows; the rows that `select` left out come first."""
    first = f"raise mix.select.keep (mix.select left {unselected:,} rows out)"
    *most, last = [first] * bool(unselected) + ["name more sources", *others]
    return f"{', '.join(most)}, or {last}" if most else last


def _missing(general: Sequence[Conversation], rest: int, wanted: int, size: Size) -> int:
    """What was wanted where the general rows do not do, else 0; the last row need not fit a budget of tokens."""
    largest = max(map(size, general), default=1)
    return wanted if wanted - rest >= max(largest, 1) else 0


def exposures(questions: Sequence[Conversation], domain: Sequence[Conversation], facts: Container[str]) -> str:
    """How often an epoch shows each fact and each other question, and what has no row."""
    known, times = {row.fact for row in questions}, shown(questions, domain, facts)
    wordings = Counter(row.fact for row in {row.id: row for row in domain if row.source == DOMAIN}.values())
    of_facts = {subject for subject in known if subject in facts}
    each = []
    if of_facts:
        most = max(wordings[fact] for fact in of_facts)
        each.append(f"each of {counted(of_facts, facts)} {_often(times['exposures'])}, in up to {most} wordings")
    if others := known - of_facts:
        each.append(f"each of {counted(others, facts)} {_often(times['other_exposures'])}")
    lost = known - wordings.keys()
    told = f"an epoch shows {', and '.join(each)}"
    return told + (f"; {counted(lost, facts)} have no row, so raise mix.rows or mix.tokens" if lost else "")


def _often(times: Mapping[str, float]) -> str:
    low, high = round(times["min"]), round(times["max"])
    if low != high:
        return f"{low} to {high} times"
    return "once" if low == 1 else f"{low} times"
