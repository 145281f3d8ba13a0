"""Rows out of the store in every form, and back again."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from typer.testing import CliRunner, Result

from artifacts.progress import Progress
from artifacts.records import Conversation, Message, Origin, QAPair, Quote, Record, Reject, read_jsonl, short_id
from artifacts.stage import SettingError, StageConfig, StageError, Work, produce
from artifacts.store import Ref, Store, StoreError
from flows.cli import app
from flows.data.cells import write_xlsx
from flows.data.export import export
from flows.data.forms import DATASET_INFO, Form
from flows.data.own import take_in


class Given(StageConfig):
    """A stand-in for a stage, which publishes rows that a test names."""

    rows: str
    stage: ClassVar[str] = "generate"
    version: ClassVar[int] = 1


class GivenClean(Given):
    stage: ClassVar[str] = "clean"
    reads: ClassVar[tuple[str, ...]] = ("generate",)


class GivenMix(Given):
    stage: ClassVar[str] = "mix"
    reads: ClassVar[tuple[str, ...]] = ("clean",)


def publish(store: Store, kind: type[Given], rows: Iterable[Record], name: str = "qa.jsonl", **inputs: Ref) -> Ref:
    rows = list(rows)

    def make(work: Work[Given]) -> None:
        work.counts["kept"] = work.write(name, rows)

    config = kind(rows=short_id([row.model_dump_json() for row in rows]))
    return produce(store, config, inputs, make, progress=Progress(terminal=False)).ref


def said(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def pair(question: str, answer: str, **values: Any) -> QAPair:
    origin = Origin(document="d", file="手册/guide.pdf", section="s1", page=3)
    given = {"id": short_id(question, answer), "fact": short_id(question), "origin": origin, "teacher": "m"} | values
    return QAPair(question=question, answer=answer, **given)


TALK = (said("system", "Be brief."), said("user", "水箱是什么型号？"), said("assistant", "TX 型，\n不锈钢。"))
PAIRS = [
    pair("How heavy is the pump?", 'It weighs "12 kg", dry.', value="12 kg", evidence=(Quote(text="Weight: 12 kg"),)),
    pair("=HYPERLINK(A1)", "@SUM(1)\n+1", kind="reversed"),
    pair("'=quoted", "#N/A"),
    pair("那么容量呢？", "-120 升。", language="zh", turns=TALK, kind="multiturn"),
    pair("What is it?", "A tank.", context="# Tanks\n\nThe TX is a tank.", kind="rag"),
    pair("一共几个？", "四个。", language="zh", reasoning="每排两个，\n共两排。", kind="reasoning"),
]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "store")
    publish(store, Given, PAIRS)
    return store


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def graft(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.mark.parametrize("form", list(Form))
def test_what_is_exported_can_be_imported_again(form: Form, store: Store, tmp_path: Path) -> None:
    out, own = tmp_path / f"rows{form.suffix}", tmp_path / "own.jsonl"
    export(store, out, form, reasoning="think")
    take_in([out], own)
    rows = {(row.prompt()[-1]["content"], row.answer, row.reasoning): row for row in read_jsonl(own, QAPair)}
    assert len(rows) == len(PAIRS)
    assert not own.with_name("own.rejects.jsonl").exists()
    for row in PAIRS:
        again = rows[row.prompt()[-1]["content"], row.answer, row.reasoning]
        assert (again.kind, again.teacher, again.origin) == ("own", "own", Origin(file=out.name))
        assert (again.language, again.turns) == (row.language, row.turns)
        if form in (Form.alpaca, Form.csv, Form.xlsx):
            assert (again.question, again.context) == (row.question, row.context)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (Form.alpaca, {"instruction": "那么容量呢？", "input": "", "output": "-120 升。", "system": "Be brief."}),
        (Form.alpaca, {"history": [["水箱是什么型号？", "TX 型，\n不锈钢。"]]}),
        (Form.messages, {"messages": [*TALK, said("user", "那么容量呢？"), said("assistant", "-120 升。")]}),
        (Form.prompt_completion, {"prompt": [*TALK, said("user", "那么容量呢？")]}),
        (Form.prompt_completion, {"completion": [said("assistant", "-120 升。")]}),
        (
            Form.sharegpt,
            {
                "conversations": [
                    {"from": "human", "value": "水箱是什么型号？"},
                    {"from": "gpt", "value": "TX 型，\n不锈钢。"},
                    {"from": "human", "value": "那么容量呢？"},
                    {"from": "gpt", "value": "-120 升。"},
                ],
                "system": "Be brief.",
            },
        ),
    ],
)
def test_a_conversation_in_each_form(form: Form, expected: dict[str, Any], store: Store, tmp_path: Path) -> None:
    out = tmp_path / "exports" / "handbook.jsonl"
    export(store, out, form, kinds=["multiturn"])
    (row,) = lines(out)
    assert {name: row[name] for name in expected} == expected
    assert (row["file"], row["page"], row["section"], row["teacher"]) == ("手册/guide.pdf", "3", "s1", "m")
    assert (row["kind"], row["language"], row["id"]) == ("multiturn", "zh", PAIRS[3].id)


def test_the_steps_of_an_answer_go_where_they_are_asked_for(store: Store, tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    steps = "每排两个，\n共两排。"
    for reasoning, answer in (
        ("answer", f"{steps}\n\n四个。"),
        ("think", f"<think>\n{steps}\n</think>\n\n四个。"),
        ("omit", "四个。"),
    ):
        export(store, out, Form.alpaca, kinds=["reasoning"], reasoning=reasoning)  # type: ignore[arg-type]
        assert [row["output"] for row in lines(out)] == [answer]


def test_llama_factorys_list_is_added_to(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "dataset_info.json"
    path.write_text('{"他人的": {"file_name": "other.json"}}', encoding="utf-8")
    for _ in range(2):
        export(store, tmp_path / "handbook.jsonl", Form.alpaca)
    export(store, tmp_path / "chats.jsonl", Form.sharegpt)
    info = json.loads(path.read_text(encoding="utf-8"))
    assert list(info) == ["他人的", "handbook", "chats"]
    assert info["handbook"] == {"file_name": "handbook.jsonl", **DATASET_INFO[Form.alpaca]}
    for name, column in (("handbook", "prompt"), ("chats", "messages")):
        rows = lines(tmp_path / info[name]["file_name"])
        assert all(set(info[name]["columns"].values()) <= row.keys() for row in rows)
        assert info[name]["columns"][column] in rows[0]

    before = path.read_bytes()
    with pytest.raises(SettingError, match="another dataset of the name '他人的'"):
        export(store, tmp_path / "他人的.jsonl", Form.alpaca)
    for form in (Form.prompt_completion, Form.csv, Form.xlsx):
        export(store, tmp_path / f"else{form.suffix}", form)
    assert path.read_bytes() == before
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(SettingError, match="is no list of datasets"):
        export(store, tmp_path / "handbook.jsonl", Form.alpaca)


@pytest.mark.parametrize("form", list(DATASET_INFO))
def test_a_reader_by_blocks_finds_one_type_in_every_column(form: Form, tmp_path: Path) -> None:
    """LLaMA-Factory reads by `datasets`, which takes the types from the first ten megabytes."""
    from datasets import load_dataset

    store = Store(tmp_path / "store")
    long = [
        pair(f"Q{n}?", "A. " * 50_000, teacher="", origin=Origin(document="d", file="notes.md")) for n in range(100)
    ]
    publish(store, Given, [*long, PAIRS[3], PAIRS[0]])
    out = tmp_path / "rows.jsonl"
    export(store, out, form)
    read = load_dataset("json", data_files=str(out), split="train", cache_dir=str(tmp_path / "cache"))
    assert read.num_rows == 102
    assert {row["id"] for row in read.select_columns(["id"])} >= {PAIRS[3].id, PAIRS[0].id}
    if form is Form.alpaca:
        assert read[0]["history"] == [["水箱是什么型号？", "TX 型，\n不锈钢。"]]


def test_a_spreadsheet_runs_nothing_and_reads_chinese(store: Store, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    export(store, tmp_path / "rows.csv", Form.csv)
    raw = (tmp_path / "rows.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfquestion,answer,")
    table = list(csv.reader(raw.decode("utf-8-sig").splitlines(keepends=True)))
    assert len(table) == len(PAIRS) + 1
    assert table[2][:2] == ["'=HYPERLINK(A1)", "'@SUM(1)\n+1"]
    assert table[3][0] == "''=quoted"
    assert not [cell for row in table for cell in row if cell.startswith(("=", "+", "-", "@"))]

    export(store, tmp_path / "rows.xlsx", Form.xlsx)
    sheet = load_workbook(tmp_path / "rows.xlsx").active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}
    assert (sheet["A3"].value, sheet["A3"].quotePrefix) == ("=HYPERLINK(A1)", True)
    assert (sheet["B4"].value, sheet["B4"].quotePrefix) == ("#N/A", True)
    assert sheet["A5"].value == "那么容量呢？"


def test_what_no_cell_can_hold_is_left_out_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = Store(tmp_path / "store")
    fits, long, bell = pair("Fits?", "字" * 32_767), pair("Long?", "😀" * 16_384), pair("Bell?", "\a")
    publish(store, Given, [fits, long, bell])
    out = tmp_path / "rows.xlsx"
    export(store, out, Form.xlsx)
    told = capsys.readouterr()
    assert "1 rows of generate" in told.out
    assert "2 left out (long_cell 1, control_character 1)" in told.out
    assert "its answer has 32,768 characters" in told.err
    rejects = list(read_jsonl(tmp_path / "rows.rejects.jsonl", Reject))
    assert [(row.reason, row.record["id"]) for row in rejects] == [
        ("long_cell", long.id),
        ("control_character", bell.id),
    ]
    take_in([out], tmp_path / "own.jsonl")
    assert [row.answer for row in read_jsonl(tmp_path / "own.jsonl", QAPair)] == [fits.answer]
    export(store, tmp_path / "rows.csv", Form.csv)
    assert not (tmp_path / "rows.rejects.jsonl").exists(), "what an earlier export left out is not this one's"


def test_more_rows_than_a_sheet_holds_go_on_in_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from openpyxl import load_workbook

    monkeypatch.setattr("flows.data.cells.MOST_ROWS", 3)
    rows = [{"question": f"Q{n}?", "answer": "A."} for n in range(5)]
    assert write_xlsx(tmp_path / "rows.xlsx", rows, lambda *_: None) == 5
    book = load_workbook(tmp_path / "rows.xlsx")
    assert {sheet.title: sheet.max_row for sheet in book} == {"rows": 3, "rows 2": 3, "rows 3": 2}
    take_in([tmp_path / "rows.xlsx"], tmp_path / "own.jsonl")
    assert len(lines(tmp_path / "own.jsonl")) == 5


def test_cleans_rows_are_taken_unless_generate_made_others(store: Store, tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"

    def exported(**words: Any) -> int:
        export(store, out, Form.messages, **words)
        return len(lines(out))

    made = store.latest("generate")
    assert made is not None
    assert exported() == 6
    publish(store, GivenClean, PAIRS[:4], generate=made)
    assert (exported(), exported(stage="generate"), exported(languages=["zh"])) == (4, 6, 1)
    publish(store, Given, PAIRS[:5])
    assert (exported(), exported(stage="clean")) == (5, 4)
    with pytest.raises(StoreError, match="no rows of mix"):
        exported(stage="mix")
    before = out.read_bytes()
    with pytest.raises(StageError, match="its rows are of kind fact, language en; kind multiturn"):
        exported(kinds=["own"])
    assert out.read_bytes() == before


def test_mixes_rows_are_those_that_are_trained(store: Store, tmp_path: Path) -> None:
    made = store.latest("generate")
    assert made is not None
    clean = publish(store, GivenClean, PAIRS, generate=made)
    steps = PAIRS[5]
    trained = [
        Conversation(id=steps.id, messages=(*steps.prompt(), said("assistant", steps.reply("think"))), source="domain"),
        Conversation(id="g", messages=(said("user", "Hi"), said("assistant", "Hello")), source="chats"),
    ]
    publish(store, GivenMix, trained, "train.jsonl", clean=clean)
    out = tmp_path / "rows.jsonl"
    export(store, out, Form.messages, stage="mix", reasoning="omit")
    domain, general = lines(out)
    assert domain["messages"] == list(trained[0].messages), "mix has said where the steps go"
    assert (domain["kind"], domain["file"]) == ("reasoning", "手册/guide.pdf")
    assert general["messages"] == list(trained[1].messages)
    assert (general["kind"], general["file"]) == ("general", "chats")


def test_rows_of_another_version_are_told_of(tmp_path: Path) -> None:
    class Old(Record):
        id: str = "1"
        evidence: str = "Weight: 12 kg"

    store = Store(tmp_path / "store")
    publish(store, Given, [Old()])
    with pytest.raises(StoreError, match="was made by another version"):
        export(store, tmp_path / "rows.jsonl", Form.messages)
    assert not [path for path in tmp_path.iterdir() if path.name != "store"]


def test_the_command_line(tmp_path: Path) -> None:
    config = tmp_path / "mine.yaml"
    config.write_text(f"name: mine\nstore: {tmp_path / 'store'}\nparse:\n  source: {tmp_path}\n", encoding="utf-8")
    empty = graft("data", "export", tmp_path / "rows.jsonl", "-c", config)
    assert (empty.exit_code, "no rows of generate" in empty.output) == (1, True)
    publish(Store(tmp_path / "store"), Given, PAIRS)
    done = graft(
        "data", "export", tmp_path / "rows.csv", "--format", "csv", "--kind", "fact", "--kind", "rag", "-c", config
    )
    assert done.exit_code == 0, done.output
    assert f"{tmp_path / 'rows.csv'}: 3 rows of generate" in done.output
    assert "LLaMA-Factory does not read the format csv" in done.output
    named = graft("data", "export", tmp_path / "rows.csv", "--format", "alpaca", "-c", config)
    assert (named.exit_code, "is called *.jsonl" in named.output) == (2, True)
    gone = graft("data", "export", tmp_path / "rows.jsonl", "--run", "nowhen", "-c", config)
    assert (gone.exit_code, "no run is called 'nowhen'" in gone.output) == (1, True)
    for command in ("export", "import"):
        assert f"Example: graft data {command}" in graft("data", command, "--help").output
