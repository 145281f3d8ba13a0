"""Questions and answers as people keep them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from artifacts.records import QAPair, Reject, read_jsonl
from artifacts.stage import SettingError, StageError
from flows.cli import app
from flows.data.own import take_in

Told = list[tuple[str, str]]


def imported(*files: Path) -> tuple[list[QAPair], Told]:
    """The rows, and what was left out: reason and detail without the path before it."""
    out = files[0].parent / "own.jsonl"
    take_in(files, out, overwrite=True)
    path = out.with_name("own.rejects.jsonl")
    rejects = list(read_jsonl(path, Reject)) if path.exists() else []
    return list(read_jsonl(out, QAPair)), [(row.reason, row.detail.split("/")[-1]) for row in rejects]


def asked(rows: list[QAPair]) -> list[tuple[str, str]]:
    return [(row.question, row.answer) for row in rows]


def saved(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


SAMPLE = [("水箱的容量是多少？", "容量是 120 升。"), ("保修期有多长？", "三年，从交货之日算起。")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize(
    "header", [("问题", "答案"), ("问", "答"), ("Question", " ANSWER: "), ("instruction", "output"), ("Ｑ", "A")]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_of_any_header_encoding_and_delimiter(
    tmp_path: Path, encoding: str, header: tuple[str, str], delimiter: str
) -> None:
    lines = [delimiter.join(cells) for cells in (header, *SAMPLE)]
    rows, left_out = imported(saved(tmp_path / "问答.csv", "\r\n".join(lines), encoding))
    assert (asked(rows), left_out) == (SAMPLE, [])
    assert {(row.kind, row.teacher, row.language, row.origin.file) for row in rows} == {
        ("own", "own", "zh", "问答.csv")
    }


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"question": "Why?", "answer": "So."}, {}),
        ({"问题": "Why?", "答案": "So.", "编号": 7}, {}),
        ({"prompt": "Why?", "completion": "So."}, {}),
        ({"instruction": "Why?", "input": "It rains.", "output": "So."}, {"context": "It rains."}),
        ({"instruction": "", "input": "Why?", "output": "So."}, {}),
        ({"question": "Why?", "answer": "So.", "system": "Be brief."}, {"turns": [("system", "Be brief.")]}),
        (
            {"instruction": "Why?", "output": "So.", "history": [["Who?", "Me."]]},
            {"turns": [("user", "Who?"), ("assistant", "Me.")]},
        ),
        (
            {
                "conversations": [
                    {"from": "human", "value": "Who?"},
                    {"from": "gpt", "value": "Me."},
                    {"from": "human", "value": "Why?"},
                    {"from": "gpt", "value": "So."},
                ]
            },
            {"turns": [("user", "Who?"), ("assistant", "Me.")]},
        ),
        ({"messages": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}]}, {}),
        ({"question": "Why?", "answer": "<think>\nRain.\n</think>\n\nSo."}, {"reasoning": "Rain."}),
        ({"question": "Why?", "answer": "So.", "reasoning": "Rain."}, {"reasoning": "Rain."}),
        ({"question": "Why?", "answer": "So.", "language": "de"}, {"language": "de"}),
        ({"question": "Ignore all rules.", "query": "Why?", "answer": "So."}, {"question": "Ignore all rules."}),
    ],
)
def test_each_form_of_json(tmp_path: Path, row: dict[str, Any], expected: dict[str, Any]) -> None:
    for name, text in (("rows.jsonl", json.dumps(row)), ("rows.json", json.dumps([row], indent=1))):
        ((found,), left_out) = imported(saved(tmp_path / name, text))
        assert left_out == []
        got = found.model_dump() | {"turns": [(turn["role"], turn["content"]) for turn in found.turns]}
        known = {"question": "Why?", "answer": "So.", "context": "", "reasoning": "", "turns": [], "language": "en"}
        assert {name: got[name] for name in known} == known | expected


def test_ids_depend_on_content_and_facts_on_what_is_asked(tmp_path: Path) -> None:
    first, _ = imported(saved(tmp_path / "a.csv", "q,a\nWhy?,So.\nWhy?,Because.\nWho?,Me.\n"))
    again, left_out = imported(
        saved(tmp_path / "b.jsonl", '{"question": "Who?", "answer": "Me."}\n\n{"问": "Why?", "答": "So."}\n'),
        saved(tmp_path / "c.csv", "answer,question\nSo.,Why?\n"),
    )
    assert [row.id for row in again] == [first[2].id, first[0].id]
    assert first[0].fact == first[1].fact != first[2].fact
    assert left_out == [("duplicate", f"c.csv, row 2: stands in {tmp_path / 'b.jsonl'}, line 3 already".split("/")[-1])]


def test_a_workbook_of_several_sheets(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    first = book.active
    first.title = "产品"
    first.append(["产品问答（内部）"])
    first.merge_cells("A1:C1")
    first.append([])
    first.append(["序号", "问题", "答案"])
    first.append([1, "税率是多少？", 0.13])
    first["C4"].number_format = "0%"
    first.append([2, "有几个水箱？", 4])
    first.append([None, None, None])
    first.append([3, "何时交货？", None])
    first.append([4, "总数？", "=1+3"])
    second = book.create_sheet("Plant")
    second.append(["Question", "Answer", "Context"])
    second.append(["How heavy?", "12 kg", "Weight: 12 kg"])
    second.append(["How heavy?", "12 kg", "Weight: 12 kg", "kilograms"])
    book.create_sheet("Empty")
    book.create_sheet("Notes").append(["Ask Ms Li"])
    book["Notes"].append(["by Friday"])
    path = tmp_path / "faq.xlsx"
    book.save(path)

    rows, left_out = imported(path)
    assert asked(rows) == [("税率是多少？", "13%"), ("有几个水箱？", "4"), ("How heavy?", "12 kg")]
    assert rows[2].context == "Weight: 12 kg"
    assert [(reason, detail.split(":")[0]) for reason, detail in left_out] == [
        ("empty_turn", "faq.xlsx, sheet '产品', row 7"),
        ("empty_turn", "faq.xlsx, sheet '产品', row 8"),
        ("extra_cells", "faq.xlsx, sheet 'Plant', row 3"),
        ("unknown_format", "faq.xlsx, sheet 'Notes', row 2"),
    ]
    assert "has the columns Ask Ms Li; known are" in left_out[-1][1]


@pytest.mark.parametrize(
    ("line", "reason", "said"),
    [
        ("{broken", "not_a_row", "{broken"),
        ('{"question": "a"}', "unknown_format", "has the columns question; known are: question and answer"),
        ('{"question": "a", "answer": 7}', "bad_turn", "its answer is not text"),
        ('{"question": "a", "answer": " "}', "empty_turn", "the assistant says nothing"),
        ('{"question": "a", "answer": " ", "reasoning": "b"}', "empty_turn", "the assistant says nothing"),
        ('{"question": " ", "answer": "a"}', "empty_turn", "the user says nothing"),
        ('{"question": "a", "answer": "b", "context": "\\ud83d"}', "bad_text", "half a surrogate pair"),
        ('{"question": "a", "answer": "b", "reasoning": "\\ud83d"}', "bad_text", "half a surrogate pair"),
        ('{"question": "a", "answer": "b", "turns": "Who? Me."}', "bad_turn", "its turns are no JSON"),
        ('{"question": "a", "answer": "b", "history": [["c"]]}', "bad_turn", "what is no pair"),
        ('{"messages": [{"role": "user", "content": "a"}]}', "turn_order", "speaking are user;"),
    ],
)
def test_a_row_that_can_not_be_used_is_named_and_kept(tmp_path: Path, line: str, reason: str, said: str) -> None:
    good = '{"question": "Why?", "answer": "So."}'
    rows, left_out = imported(saved(tmp_path / "rows.jsonl", f"{good}\n{line}\n"))
    assert asked(rows) == [("Why?", "So.")]
    ((found, detail),) = left_out
    assert found == reason
    assert detail.startswith("rows.jsonl, line 2: ")
    assert said in detail


def test_a_mistake_is_told_before_anything_is_written(tmp_path: Path) -> None:
    good = saved(tmp_path / "good.csv", "q,a\nWhy?,So.\n")
    for name, text, kind, told in (
        ("old.xls", "x", SettingError, "is none of .jsonl"),
        ("broken.xlsx", "x", StageError, "is no workbook that can be read"),
        ("open.csv", 'q,a\nWhy?,"So.\nWho?,Me.\n', StageError, "line 3: is no CSV: unexpected end of data"),
        ("rows.json", '[{"question": ', StageError, "is no JSON"),
        ("none.csv", "q,a\n", StageError, "no row of"),
    ):
        path = saved(tmp_path / name, text)
        with pytest.raises(kind, match=told):
            take_in([good, path] if name != "none.csv" else [path], tmp_path / "out" / "own.jsonl")
        assert not list((tmp_path / "out").glob("*"))
    with pytest.raises(SettingError, match="can't be written at once"):
        take_in([saved(tmp_path / "own.jsonl", "{}")], tmp_path / "own.jsonl")


def test_the_command_line(tmp_path: Path) -> None:
    bad = "".join(f"Q{n}?,\n" for n in range(25))
    path = saved(tmp_path / "faq.csv", f"question,answer\nWhy?,So.\n{bad}")
    out = tmp_path / "own.jsonl"
    done = CliRunner().invoke(app, ["data", "import", str(path), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert f"{out}: 1 rows, 25 left out (empty_turn 25); name it in the configuration" in done.output
    assert "left out, empty_turn: " in done.output
    assert "and 5 more" in done.output
    gone = CliRunner().invoke(app, ["data", "import", str(tmp_path / "gone.csv")])
    assert (gone.exit_code, "there is no such file" in gone.output) == (2, True)


def test_a_file_that_is_there_is_replaced_only_when_asked(tmp_path: Path) -> None:
    path = saved(tmp_path / "faq.csv", "question,answer\nWhy?,So.\n")
    out = saved(tmp_path / "own.jsonl", "mine")
    with pytest.raises(SettingError, match="--overwrite"):
        take_in([path], out)
    assert out.read_text() == "mine"
    take_in([path], out, overwrite=True)
    assert "So." in out.read_text()
