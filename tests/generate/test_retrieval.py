"""Sections that are found by words and by meaning, and the rows that show them."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError

from artifacts.memo import Memo
from artifacts.records import Section
from artifacts.stage import SettingError, StageError
from tasks.generate.config import Retrieval
from tasks.generate.prompts import with_headings
from tasks.generate.retrieval.embed import Embedder, embedder_of
from tasks.generate.retrieval.index import Index, terms_of
from tasks.models.config import EMBEDDED_FOLDER, OpenAIEndpoint
from tasks.models.language.match import ABSTENTION
from tasks.models.scripted import Request, ScriptedEndpoint
from tests.generate.school import PUMP, dials, pairs, rejects, run, section

OTHER = section("Weight: 14 kg\nPressure: 3.5 bar", "Pumps", "KX-300")
LID = section("Lid: red", "Pumps", "KX-100")
TANK = section("水箱的容量为 120 升。", "水箱", language="zh", file="手册.docx")
HEATER = section("加热器的保修期为三年。", "加热器", language="zh", file="手册.docx")
ALL = [PUMP, OTHER, LID, TANK, HEATER]


def ranked(folder: Path, question: str, count: int = 5, embedder: Embedder | None = None) -> list[Section]:
    async def search() -> list[Section]:
        index = Index(folder, embedder)
        await index.fill(ALL)
        try:
            return await index.best(question, count)
        finally:
            index.close()

    return asyncio.run(search())


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("How heavy is the KX-300, its weight?", OTHER),
        ("Which pump has a red lid?", LID),
        ("水箱的容量是多少？", TANK),
        ("加热器保修多久？", HEATER),
    ],
)
def test_words_find_the_section(question: str, first: Section, tmp_path: Path) -> None:
    assert ranked(tmp_path, question)[0].id == first.id


def test_a_question_may_hold_the_index_own_signs(tmp_path: Path) -> None:
    assert ranked(tmp_path, 'weight" OR NEAR( * KX-300 -- {x}')[0].id in {OTHER.id, PUMP.id}
    assert ranked(tmp_path, "？！...") == []


def test_no_more_sections_are_found_than_wanted(tmp_path: Path) -> None:
    assert len(ranked(tmp_path, "weight pressure lid pumps", 2)) == 2


def test_scripts_without_spaces_are_found_by_pairs_of_characters() -> None:
    assert terms_of("水箱容量 KX-200 weighs") == ["水箱", "箱容", "容量", "kx200", "weighs"]


def endpoint(url: str) -> OpenAIEndpoint:
    return OpenAIEndpoint(base_url=url, model="teacher", api_key_env=None, max_retries=0)


def test_embeddings_are_asked_once_and_rank_by_meaning(tmp_path: Path) -> None:
    memo = Memo(tmp_path / "memo.sqlite")
    with ScriptedEndpoint(lambda request: "") as server:
        embedder = embedder_of(Retrieval(by="endpoint", embedder="e"), endpoint(server.url), memo)
        first = ranked(tmp_path / "one", "red lid", embedder=embedder)
    again = ranked(tmp_path / "two", "red lid", embedder=embedder)  # the endpoint is gone by now
    assert first[0].id == LID.id
    assert [found.id for found in again] == [found.id for found in first]
    memo.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy model as a sentence-transformers model: it ranks badly, but by the same code as a good one."""
    pytest.importorskip("sentence_transformers", reason="the extra `embeddings` is not installed")
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules as models

    words = models.Transformer(str(EMBEDDED_FOLDER))
    path = tmp_path_factory.mktemp("embedder")
    pooled = models.Pooling(words.get_embedding_dimension())
    SentenceTransformer(modules=[words, pooled], device="cpu").save(str(path))
    return path


def test_a_folder_ranks_a_section_first_by_its_own_text(folder: Path, tmp_path: Path) -> None:
    memo = Memo(tmp_path / "memo.sqlite")
    embedder = embedder_of(Retrieval(by="folder", embedder=str(folder)), endpoint("http://127.0.0.1:1/v1"), memo)
    memo.close()
    for wanted in (LID, HEATER):
        assert ranked(tmp_path, with_headings(wanted), embedder=embedder)[0].id == wanted.id


def test_pickled_weights_are_refused(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    (copy / "1_Pooling" / "pytorch_model.bin").write_bytes(b"x")
    memo = Memo(tmp_path / "memo.sqlite")
    with pytest.raises(SettingError, match="safetensors"):
        embedder_of(Retrieval(by="folder", embedder=str(copy)), endpoint("http://127.0.0.1:1/v1"), memo)
    memo.close()


def test_a_missing_embedder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="name the folder"):
        Retrieval(by="folder")
    memo = Memo(tmp_path / "memo.sqlite")
    with pytest.raises(SettingError, match="is not a folder"):
        embedder_of(Retrieval(by="folder", embedder=str(tmp_path / "none")), endpoint("http://127.0.0.1:1/v1"), memo)
    memo.close()


def test_an_endpoint_without_embeddings_stops_with_what_to_do(tmp_path: Path) -> None:
    memo = Memo(tmp_path / "memo.sqlite")
    embedder = embedder_of(Retrieval(by="endpoint", embedder="e"), endpoint("http://127.0.0.1:1/v1"), memo)
    assert embedder is not None
    with pytest.raises(StageError, match="bm25"):
        ranked(tmp_path, "?", embedder=embedder)
    memo.close()


def teacher(request: Request) -> str:
    """Knows one fact of the KX-200, and answers retrieved questions from two sections."""
    system = request.messages[0]["content"]
    if "KX-200\n\nWeight: 12 kg" not in request.prompt:
        return '{"items": []}'
    if '"subject"' in system:
        items = [
            {
                "subject": "KX-200",
                "claim": "The KX-200 weighs 12 kg.",
                "value": "12 kg",
                "aliases": [],
                "evidence": ["Weight: 12 kg"],
            }
        ]
    elif '"paraphrases"' in system:
        items = []
    elif '"questions"' in system:
        items = [{"fact": 1, "questions": ["What is the weight of the KX-200?"], "answer": "The KX-200 weighs 12 kg."}]
    elif '"answer"' in system and '"evidence"' in system and '"question"' not in system:
        answer = "The KX-200 weighs 12 kg, and the KX-300 weighs 14 kg."
        items = [{"answer": answer, "evidence": ["Weight: 12 kg", "Weight: 14 kg"]}]
    else:
        items = []
    return json.dumps({"items": items})


def rows(tmp_path: Path, **values: object) -> tuple[list, list]:  # type: ignore[type-arg]
    with ScriptedEndpoint(teacher) as server:
        config = dials(
            server.url, heading_questions=False, **{"probes": {"control_share": 0, "unanswerable": 0}, **values}
        )
        found = run(tmp_path, config, ALL)
    return pairs(*found), rejects(*found)


def test_a_retrieved_answer_may_rest_on_several_sections(tmp_path: Path) -> None:
    (row,), _ = rows(tmp_path, answering="rag", retrieval={"k": 2})
    assert row.answer == "The KX-200 weighs 12 kg, and the KX-300 weighs 14 kg."
    assert {quote.section for quote in row.evidence} == {PUMP.id, OTHER.id}
    assert row.origin.section == PUMP.id


def test_an_answer_from_a_section_that_was_not_found_is_left_out(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="evidence_not_in_section"):
        rows(tmp_path, answering="rag", retrieval={"k": 1})


def test_raft_rows_show_the_section_among_others_that_lack_the_value(tmp_path: Path) -> None:
    found, _ = rows(tmp_path, retrieval={"raft_share": 1, "abstention_share": 0, "k": 2})
    plain, shown = found
    assert (plain.kind, shown.kind) == ("fact", "raft")
    assert shown.answer == plain.answer
    assert "Weight: 12 kg" in shown.context
    assert "KX-300" in shown.context
    assert shown.context in shown.prompt()[0]["content"]
    assert shown.prompt()[0]["content"].endswith(plain.question)


def test_abstention_rows_lack_the_section_and_say_so(tmp_path: Path) -> None:
    found, _ = rows(tmp_path, retrieval={"raft_share": 1, "abstention_share": 1, "k": 2})
    shown = found[1]
    assert (shown.kind, shown.answer, shown.value) == ("abstention", ABSTENTION["en"], "")
    assert "12 kg" not in shown.context
    assert "KX-300" in shown.context


@pytest.mark.parametrize("text", ["Weight: 12 kilograms", "Weight: 12,000 g", "Weight: twelve kg"])
def test_a_section_that_spells_the_value_otherwise_is_no_distractor(text: str, tmp_path: Path) -> None:
    same = section(text, "Spare pumps", "KX-200")
    with ScriptedEndpoint(teacher) as server:
        probes, retrieval = {"control_share": 0, "unanswerable": 0}, {"raft_share": 1, "abstention_share": 1}
        config = dials(server.url, heading_questions=False, probes=probes, retrieval=retrieval)
        found = run(tmp_path, config, [PUMP, OTHER, same])
    (shown,) = [row for row in pairs(*found) if row.kind == "abstention"]
    assert "KX-300" in shown.context
    assert text not in shown.context


def test_no_row_asks_to_read_documents_and_shows_none(tmp_path: Path) -> None:
    with ScriptedEndpoint(teacher) as server:
        probes, retrieval = {"control_share": 0, "unanswerable": 0}, {"raft_share": 1, "abstention_share": 1}
        config = dials(server.url, heading_questions=False, probes=probes, retrieval=retrieval)
        found = run(tmp_path, config, [PUMP])
    (shown,) = [row for row in pairs(*found) if row.context]
    assert shown.kind == "raft"
    assert PUMP.text in shown.context


def test_what_has_no_context_to_show_is_closed_book(tmp_path: Path) -> None:
    (row,), _ = rows(tmp_path)
    assert row.context == ""
