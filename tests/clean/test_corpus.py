"""The presets on rows made from real documents, where a folder of them is there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from artifacts.records import QAPair, read_jsonl
from tasks.clean.config import CleanConfig
from tasks.clean.steps import steps
from tasks.generate.config import GenerateConfig
from tests.generate.school import run
from tests.parse.reading import parse
from tests.source import ROOT

CORPUS = Path(os.environ.get("GRAFT_CORPUS", ROOT.parent / "shared" / "corpus"))
FILES = (  # prose, law, code, tables and specifications, and quick to read
    *("en_readme.md", "wiki_duck.html", "wikipedia_style_5p.pdf", "redbook_18p.pdf", "docx_various.docx"),
    *("zh_readme.md", "zh_docx4j_guide.html", "zh_civil_code.docx", "zh_trips.docx", "zh_gb18030.txt"),
)
LONGEST = 4000  # characters of a section that stand for an answer
LEAST_SHARE = 0.99
ASKED = {"en": "What does the document say about it?", "zh": "文件对此怎么说？"}

pytestmark = pytest.mark.skipif(
    not all((CORPUS / name).is_file() for name in FILES), reason=f"no corpus at {CORPUS}; set GRAFT_CORPUS"
)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[QAPair]:
    """What the teacher without a model makes of the documents, and whole sections as answers."""
    folder = tmp_path_factory.mktemp("corpus")
    for name in FILES:
        shutil.copy(CORPUS / name, folder)
    sections = parse(folder, tmp_path_factory.mktemp("parsed")).sections
    store, outcome = run(tmp_path_factory.mktemp("taught"), GenerateConfig(), sections)
    taught = list(read_jsonl(store.path(outcome.ref) / "qa.jsonl", QAPair))
    whole = [
        QAPair(
            id=each.id, fact=each.id, question=ASKED[each.language], answer=each.text[:LONGEST], language=each.language
        )
        for each in sections
        if each.text.strip() and each.language in ASKED
    ]
    return taught + whole


@pytest.mark.parametrize(
    ("preset", "language"), [("clean-mixed", "en"), ("clean-mixed", "zh"), ("clean-en", "en"), ("clean-zh", "zh")]
)
def test_a_preset_keeps_rows_of_real_documents(preset: str, language: str, rows: list[QAPair]) -> None:
    own = [row for row in rows if row.language == language]
    config: dict[str, Any] = {"preset": preset}
    kept = [outcome for outcome in steps(CleanConfig(**config))(own) if outcome.left is None]
    assert len(own) > 200
    assert len(kept) >= LEAST_SHARE * len(own)
    values = [(row.id, row.value) for row in own if row.value]
    assert {row_id for row_id, _ in values} - {outcome.pair.id for outcome in kept} == set(), "a taught row stays"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_published_thresholds_drop_most_of_them(language: str, rows: list[QAPair]) -> None:
    own = [row for row in rows if row.language == language]
    published: dict[str, Any] = {
        "words_num_filter": {"field": "answer", "guard": False},
        "text_length_filter": {"field": "answer"},
    }
    config: dict[str, Any] = {"operators": [{name: dials} for name, dials in published.items()]}
    kept = [outcome for outcome in steps(CleanConfig(**config))(own) if outcome.left is None]
    assert len(kept) < len(own) * (0.8 if language == "en" else 0.5)
