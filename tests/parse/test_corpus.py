"""A folder of real and hostile documents, where there is one: a MANIFEST.csv says what must and must not be read."""

from __future__ import annotations

import csv
import os
import shutil
from pathlib import Path

import pytest

from benchmarks.parse import plain, strings
from tasks.parse.ocr import scan
from tasks.parse.office import legacy
from tests.parse.reading import Parsed, parse
from tests.source import ROOT

CORPUS = Path(os.environ.get("GRAFT_CORPUS", ROOT.parent / "shared" / "corpus"))
OCR = "OCR:"
LEAST_SHARE = 0.98  # all of them were right when this was written
LEGACY = (".doc", ".ppt", ".xls")

pytestmark = pytest.mark.skipif(
    not (CORPUS / "MANIFEST.csv").is_file(), reason=f"no corpus at {CORPUS}; set GRAFT_CORPUS"
)


def manifest() -> list[dict[str, str]]:
    with (CORPUS / "MANIFEST.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Parsed:
    folder = tmp_path_factory.mktemp("corpus")
    passwords = {}
    with pytest.MonkeyPatch.context() as environment:
        for number, row in enumerate(manifest()):
            shutil.copy(CORPUS / row["file"], folder)
            if row["password"]:
                passwords[row["file"]] = f"CORPUS_PASSWORD_{number}"
                environment.setenv(f"CORPUS_PASSWORD_{number}", row["password"])
        return parse(folder, tmp_path_factory.mktemp("store"), passwords=passwords)


@pytest.fixture(scope="module")
def said(corpus: Parsed) -> dict[str, str]:
    """All that each file says; a section that stands in two files is said by both."""
    texts: dict[str, str] = {row["file"]: corpus.text(row["file"]) for row in corpus.documents}
    for reject in corpus.rejects:
        if reject.reason == "duplicate_section":
            texts[reject.record["file"]] += reject.record["text"] + "".join(reject.record["headings"])
    texts |= {alias: texts[row["file"]] for row in corpus.documents for alias in row["aliases"]}
    return {file: plain(text) for file, text in texts.items()}


def can_be_read_here(row: dict[str, str]) -> bool:
    if OCR in row["must_contain"]:
        return scan.available("eng+chi_sim") == "eng+chi_sim"
    return not row["file"].endswith(LEGACY) or legacy.available() or "HTML" in row["traits"]


def test_what_the_manifest_asks_for_is_read(said: dict[str, str]) -> None:
    right, wrong = 0, []
    for row in filter(can_be_read_here, manifest()):
        wanted = [plain(string.removeprefix(OCR)) for string in strings(row["must_contain"])]
        unwanted = [plain(string) for string in strings(row["must_not_contain_in_body"])]
        text = said.get(row["file"], "")
        missed = [string for string in wanted if string not in text] + [string for string in unwanted if string in text]
        right += len(wanted) + len(unwanted) - len(missed)
        wrong += [(row["file"], string) for string in missed]
    assert right / (right + len(wrong)) >= LEAST_SHARE, wrong


def test_nothing_hangs_or_kills_its_reader(corpus: Parsed) -> None:
    assert not {"timeout", "crashed", "out_of_memory"} & set(corpus.manifest.rejects)


def test_every_file_is_accounted_for(corpus: Parsed) -> None:
    read = {section.file for section in corpus.sections}
    read |= {alias for row in corpus.documents for alias in row["aliases"]}
    rejected = {reject.record["file"] for reject in corpus.rejects}
    assert {row["file"] for row in manifest()} == read | rejected


def test_sections_tile_the_text_of_their_document(corpus: Parsed) -> None:
    for section in corpus.sections:
        text = corpus.texts[section.document]
        assert text[section.start : section.end] == section.text
        inside = [
            region for region in section.regions if region.box[0] < region.box[2] and region.box[1] < region.box[3]
        ]
        assert len(inside) == len(section.regions)
        assert bool(section.regions) == text_of_a_pdf(section.file)


def text_of_a_pdf(file: str) -> bool:
    return b"%PDF-" in (CORPUS / file).read_bytes()[:1024]
