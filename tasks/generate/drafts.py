"""Rows on their way into the artifact, on disk: a corpus may have more of them than memory holds."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from artifacts.records import Fact, Probe, QAPair, Record
from tasks.generate.probing.controls import Controls
from tasks.generate.taught import RejectRow, Taught
from tasks.models.language.match import normalise

T = TypeVar("T", bound=Record)
TABLES = """
CREATE TABLE facts (n INTEGER PRIMARY KEY, id TEXT, control INTEGER, section TEXT, row TEXT);
CREATE TABLE pairs (n INTEGER PRIMARY KEY, id TEXT, fact TEXT, question TEXT, section TEXT, row TEXT);
CREATE TABLE names (name TEXT, language TEXT, section TEXT, PRIMARY KEY (name, language, section)) WITHOUT ROWID;
CREATE TABLE probes (n INTEGER PRIMARY KEY, id TEXT, fact TEXT, question TEXT, section TEXT, row TEXT);
CREATE TABLE left_out (section TEXT, reason TEXT);
CREATE INDEX fact_ids ON facts (id);
CREATE INDEX pair_ids ON pairs (id);
CREATE INDEX pair_facts ON pairs (fact);
CREATE INDEX fact_sections ON facts (section);
CREATE INDEX pair_sections ON pairs (section);
CREATE INDEX probe_sections ON probes (section);
CREATE INDEX left_out_sections ON left_out (section);
CREATE INDEX probe_ids ON probes (id);
CREATE INDEX probe_questions ON probes (question);
"""


@dataclass(frozen=True)
class OfSection:
    """What there is of one section."""

    facts: list[Fact]
    rows_by_fact: Counter[str]
    rows: int
    probes: int
    left_out: Counter[str]  # by reason


class Drafts:
    """Facts, rows and probes in the order that they were added, and the questions that hang on all of them."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # of a run that was killed
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + TABLES)

    def add(self, taught: Taught) -> None:
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT INTO facts (id, control, section, row) VALUES (?,?,?,?)",
            [(fact.id, fact.control, fact.origin.section, fact.model_dump_json()) for fact in taught.facts],
        )
        self._db.executemany(
            "INSERT INTO pairs (id, fact, question, section, row) VALUES (?,?,?,?,?)",
            [
                (pair.id, pair.fact, normalise(pair.question), pair.origin.section, pair.model_dump_json())
                for pair in taught.pairs
            ],
        )
        self._db.executemany(
            "INSERT INTO probes (id, fact, question, section, row) VALUES (?,?,?,?,?)",
            [
                (probe.id, probe.fact, normalise(probe.question), probe.origin.section, probe.model_dump_json())
                for probe in taught.probes
            ],
        )
        self._db.execute("COMMIT")

    def keep_apart(self, reject: RejectRow) -> None:
        """Leave out rows that tell a control fact, or ask what one of the user's own or a probe asks, what is there
        twice, and probes of facts that lost all rows. A control fact has no rows by intention.
        """
        self._leave_untold(reject)
        alone = "json_extract(row, '$.context') = '' AND json_array_length(row, '$.turns') = 0"
        own = f"SELECT question FROM pairs WHERE section = '' AND {alone}"  # noqa: S608
        asked_by_own = f"section <> '' AND question IN ({own}) AND {alone}"
        twice = "n NOT IN (SELECT min(n) FROM {table} GROUP BY id)"
        same = "the same fact is asked by the same question elsewhere"
        untrained = "fact NOT IN (SELECT fact FROM pairs) AND fact NOT IN (SELECT id FROM facts WHERE control)"
        for table, kind, which, reason, detail in (
            ("pairs", QAPair, asked_by_own, "own_row", "a row of your own asks the same"),
            (
                "pairs",
                QAPair,
                "question IN (SELECT question FROM probes)",
                "probe_leak",
                "a held-out question is the same",
            ),
            ("facts", Fact, twice, "duplicate_fact", "the same claim was found in the same words before"),
            ("pairs", QAPair, twice, "duplicate_row", same),
            ("probes", Probe, untrained, "untrained_probe", "no row of this fact is left to train with"),
            ("probes", Probe, twice, "duplicate_probe", same),
        ):
            where = which.replace("{table}", table)
            for row in self._rows(table, kind, where):
                reject(reason, row, detail)
            self._forget(table, where, reason)

    def _leave_untold(self, reject: RejectRow) -> None:
        """Hold every row, wherever it is from, against every control: another document may state the same."""
        controls = Controls(self.controls())
        self._db.execute("CREATE TEMP TABLE told (n INTEGER PRIMARY KEY)")
        for number, row in self._db.cursor().execute("SELECT n, row FROM pairs ORDER BY n"):
            pair = QAPair.model_validate_json(row)
            if (fact := controls.told(pair)) is not None:
                reject("control_fact", pair, f"never to be trained: {fact.claim}")
                self._db.execute("INSERT INTO told VALUES (?)", (number,))
        self._forget("pairs", "n IN (SELECT n FROM told)", "control_fact")

    def _forget(self, table: str, where: str, reason: str) -> None:
        """Take rows out, and remember of which section."""
        self._db.execute(f"INSERT INTO left_out SELECT section, ? FROM {table} WHERE {where}", (reason,))  # noqa: S608
        self._db.execute(f"DELETE FROM {table} WHERE {where}")  # noqa: S608

    def note(self, section: str, reasons: Iterable[str]) -> None:
        """Remember why things of a section were left out."""
        self._db.execute("BEGIN")
        self._db.executemany("INSERT INTO left_out VALUES (?,?)", ((section, reason) for reason in reasons))
        self._db.execute("COMMIT")

    def of_section(self, section: str) -> OfSection:
        """What was made of a section, and what was left out of it."""

        def grouped(table: str, column: str) -> Counter[str]:
            query = f"SELECT {column}, count(*) FROM {table} WHERE section=? GROUP BY {column}"  # noqa: S608
            return Counter(dict(self._db.execute(query, (section,)).fetchall()))

        facts = self._db.execute("SELECT row FROM facts WHERE section=? ORDER BY n", (section,)).fetchall()
        rows = grouped("pairs", "fact")
        return OfSection(
            facts=[Fact.model_validate_json(row) for (row,) in facts],
            rows_by_fact=rows,
            rows=rows.total(),
            probes=grouped("probes", "fact").total(),
            left_out=grouped("left_out", "reason"),
        )

    def sharing(self, names: Callable[[Fact], Iterable[str]]) -> Iterator[list[str]]:
        """The ids of the sections whose facts bear one name, for each name that two or more do; rare names first."""
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT OR IGNORE INTO names VALUES (?,?,?)",
            ((name, fact.language, fact.origin.section) for fact in self.facts() for name in names(fact)),
        )
        self._db.execute("COMMIT")
        query = "FROM names GROUP BY name, language HAVING count(*) > 1 ORDER BY count(*), name, language"
        found = self._db.cursor().execute(f"SELECT json_group_array(section) {query}")
        return (json.loads(sections) for (sections,) in found)

    def facts(self) -> Iterator[Fact]:
        return self._rows("facts", Fact)

    def controls(self) -> Iterator[Fact]:
        return self._rows("facts", Fact, "control")

    def pairs(self, section: str | None = None) -> Iterator[QAPair]:
        """All rows, or those of one section."""
        return self._rows("pairs", QAPair) if section is None else self._rows("pairs", QAPair, "section=?", section)

    def probes(self) -> Iterator[Probe]:
        return self._rows("probes", Probe)

    def count(self, table: str, what: str = "*") -> int:
        return int(self._db.execute(f"SELECT count({what}) FROM {table}").fetchone()[0])  # noqa: S608 (names of ours)

    def close(self) -> None:
        self._db.close()

    def _rows(self, table: str, kind: type[T], where: str = "1", *values: str) -> Iterator[T]:
        found = self._db.cursor().execute(f"SELECT row FROM {table} WHERE {where} ORDER BY n", values)  # noqa: S608
        return (kind.model_validate_json(row) for (row,) in found)
