"""All sections on disk, to be found by words or by meaning; memory does not grow with the corpus."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from artifacts.records import Section
from tasks.generate.prompts import with_headings
from tasks.generate.retrieval.embed import Embedder
from tasks.models.language.match import CJK, tokens

if TYPE_CHECKING:
    import numpy as np

ONE_CJK = re.compile(rf"[{CJK}]")
BATCH = 64  # texts that are embedded at a time
MOST_TERMS = 64  # of a question; what is longer is asked for by its first ones


class Index:
    """The sections by rank of BM25 (SQLite FTS5, https://www.sqlite.org/fts5.html#the_bm25_function), or of the cosine
    of their embeddings, where there is an embedder."""

    def __init__(self, folder: Path, embedder: Embedder | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "index.sqlite"
        path.unlink(missing_ok=True)  # of a run that was killed
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
            "CREATE TABLE sections (n INTEGER PRIMARY KEY, id TEXT UNIQUE, row TEXT);"
            "CREATE VIRTUAL TABLE words USING fts5(terms, content='', tokenize=\"unicode61 remove_diacritics 0\");"
        )
        self._embedder, self._vectors = embedder, folder / "vectors.f32"
        self._matrix: np.ndarray | None = None

    async def fill(self, sections: Iterable[Section]) -> None:
        """Take in all sections, once."""
        self._db.execute("BEGIN")
        for number, section in enumerate(sections):
            self._db.execute("INSERT INTO sections VALUES (?,?,?)", (number, section.id, section.model_dump_json()))
            if self._embedder is None:
                terms = " ".join(terms_of(with_headings(section)))
                self._db.execute("INSERT INTO words (rowid, terms) VALUES (?,?)", (number, terms))
        self._db.execute("COMMIT")
        if self._embedder is not None:
            await self._embed(self._embedder)

    async def best(self, question: str, count: int) -> list[Section]:
        """At most `count` sections, the best first."""
        found = self._by_words(question, count) if self._embedder is None else await self._by_meaning(question, count)
        rows = (self._db.execute("SELECT row FROM sections WHERE n=?", (number,)).fetchone() for number in found)
        return [Section.model_validate_json(row) for (row,) in rows]

    def all(self) -> Iterator[Section]:
        """The sections as they were taken in."""
        return chain.from_iterable(self._batches())

    def close(self) -> None:
        self._db.close()

    def _by_words(self, question: str, count: int) -> list[int]:
        terms = " OR ".join(f'"{term}"' for term in dict.fromkeys(terms_of(question)[:MOST_TERMS]))
        if not terms:
            return []
        ranked = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY bm25(words), rowid LIMIT ?"
        return [number for (number,) in self._db.execute(ranked, (terms, count))]

    async def _embed(self, embedder: Embedder) -> None:
        with self._vectors.open("wb") as file:
            for batch in self._batches():
                vectors = await embedder.embed([with_headings(section) for section in batch])
                file.write(vectors.tobytes())

    async def _by_meaning(self, question: str, count: int) -> list[int]:
        import numpy as np

        assert self._embedder is not None
        (asked,) = await self._embedder.embed([question])
        if self._matrix is None:
            self._matrix = np.memmap(self._vectors, dtype="<f4", mode="r").reshape(-1, len(asked))
        alike = self._matrix @ asked
        best = np.argsort(-alike, kind="stable")[:count]
        return [int(number) for number in best]

    def _batches(self) -> Iterator[Sequence[Section]]:
        rows = self._db.cursor().execute("SELECT row FROM sections ORDER BY n")
        while batch := rows.fetchmany(BATCH):
            yield [Section.model_validate_json(row) for (row,) in batch]


def terms_of(text: str) -> list[str]:
    """Words, numbers and codes; of scripts without spaces, each two neighbouring characters."""
    found = tokens(text)
    terms = []
    for first, second in zip_longest(found, found[1:], fillvalue=""):
        if not ONE_CJK.fullmatch(first):
            terms.append(first)
        elif ONE_CJK.fullmatch(second):
            terms.append(first + second)
    return [re.sub(r"[^\w.-]", " ", term) for term in terms]
