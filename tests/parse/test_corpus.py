"""A folder of real and hostile documents, where there is one: a MANIFEST.csv says what must and must not be read."""

from __future__ import annotations

import csv
import os
import re
import shutil
import unicodedata
from pathlib import Path

import pytest

from tests.parse.reading import Parsed, parse
from tests.source import ROOT

CORPUS = Path(os.environ.get("GRAFT_CORPUS", ROOT.parent / "shared" / "corpus"))
LARGEST = 2_600_000  # bytes; larger ones take half a minute each
LEAST_SHARE = 0.90  # 0.908 was measured; passwords, old Office formats and headers of single pages are what is missing

pytestmark = pytest.mark.skipif(
    not (CORPUS / "MANIFEST.csv").is_file(), reason=f"no corpus at {CORPUS}; set GRAFT_CORPUS"
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Parsed:
    folder = tmp_path_factory.mktemp("corpus")
    for path in CORPUS.iterdir():
        if path.stat().st_size <= LARGEST and path.name != "MANIFEST.csv":
            shutil.copy(path, folder)
    return parse(folder, tmp_path_factory.mktemp("store"))


def plain(text: str) -> str:
    """Letters and digits alone: white space, marks and the shapes of characters are not what is scored."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text)).casefold()


def said(corpus: Parsed) -> dict[str, str]:
    """All that each file says; a section that stands in two files is said by both."""
    texts: dict[str, str] = {row["file"]: corpus.text(row["file"]) for row in corpus.documents}
    for reject in corpus.rejects:
        if reject.reason == "duplicate_section":
            texts[reject.record["file"]] += reject.record["text"] + "".join(reject.record["headings"])
    texts |= {alias: texts[row["file"]] for row in corpus.documents for alias in row["aliases"]}
    return {file: plain(text) for file, text in texts.items()}


def test_what_the_manifest_asks_for_is_read(corpus: Parsed) -> None:
    texts, right, wrong = said(corpus), 0, []
    for row in csv.DictReader((CORPUS / "MANIFEST.csv").open(encoding="utf-8")):
        if (CORPUS / row["file"]).stat().st_size > LARGEST:
            continue
        wanted = [string for string in row["must_contain"].split(" ;; ") if string and not string.startswith("OCR:")]
        unwanted = [string for string in row["must_not_contain_in_body"].split(" ;; ") if string]
        text = texts.get(row["file"], "")
        missed = [s for s in wanted if plain(s) not in text] + [s for s in unwanted if plain(s) in text]
        right += len(wanted) + len(unwanted) - len(missed)
        wrong += [(row["file"], string) for string in missed]
    assert right / (right + len(wrong)) >= LEAST_SHARE, wrong


def test_nothing_hangs_or_kills_its_reader(corpus: Parsed) -> None:
    assert not {"timeout", "crashed", "out_of_memory"} & set(corpus.manifest.rejects)


def test_every_file_is_accounted_for(corpus: Parsed) -> None:
    read = {section.file for section in corpus.sections} | {
        alias for row in corpus.documents for alias in row["aliases"]
    }
    rejected = {reject.record["file"] for reject in corpus.rejects}
    names = {path.name for path in CORPUS.iterdir() if path.stat().st_size <= LARGEST} - {"MANIFEST.csv"}
    assert names == read | rejected
