"""Rows of code: explained, translated, completed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from artifacts.records import QAPair, Reject
from tasks.generate.sources.code import MOST_LINES, definitions
from tasks.models.scripted import Request, ScriptedEndpoint
from tests.generate.school import dials, pairs, rejects, reply, run, section

PYTHON = '''import os


@cached
def limit(
    name: str,
) -> int:
    """How many litres a tank holds."""
    if name == "TX":
        return 120

    return 90


class Pump:
    def start(self):
        self.on = True
        self.speed = 3
        self.check()
        self.log("started")
        return self
'''
GO = "func Add(a int) int {\n\tif a == 0 {\n\t\treturn 1\n\t}\n\n\treturn a + 64\n}\n\n\nvar x = 1"
CHINESE = "// 水泵控制\npublic class Pump {\n    int speed;\n    void stop() {\n        speed = 0;\n    }\n}"


def listing(code: str, name: str, file: str, language: str = "en") -> Any:
    return section(f"```{name}\n{code}\n```", file=file, language=language)


def work(request: Request) -> str:
    rows: list[dict[str, Any]] = json.loads(request.prompt.split(">\n", 1)[1].rsplit("\n</", 1)[0])
    if "target" in rows[0]:
        return reply(
            *({"piece": row["piece"], "code": f"```\nport to {row['target']} as int64_t\n```"} for row in rows)
        )
    told = "这是 {} 代码。" if "代码" in request.messages[0]["content"] else "It is {}."
    return reply(*({"piece": row["piece"], "explanation": told.format(row["language"])} for row in rows))


def made(root: Path, *sections: Any, script: Any = work, **values: Any) -> tuple[list[QAPair], list[Reject]]:
    with ScriptedEndpoint(script) as endpoint:
        found = run(root, dials(endpoint.url, **values), sections)
    return pairs(*found), rejects(*found)


def test_a_definition_is_halved_with_what_stands_above_and_closes_it() -> None:
    assert [begun.split("\n")[0] for begun, _ in definitions(PYTHON.split("\n"))] == ["@cached", "class Pump:"]
    ((begun, rest),) = definitions(GO.split("\n"))
    assert begun == "func Add(a int) int {\n\tif a == 0 {\n\t\treturn 1\n\t}"
    assert rest == "\treturn a + 64\n}"


def test_a_long_class_gives_its_methods() -> None:
    method = "    def go(self):\n" + "\n".join(f"        self.a{n} = {n}" for n in range(8))
    lines = ["class Long:", *"\n\n".join([method] * (MOST_LINES // 8)).split("\n")]
    found = list(definitions(lines))
    assert len(found) == MOST_LINES // 8
    assert all(begun.startswith("    def go") for begun, _ in found)


def test_each_listing_is_explained_translated_and_completed(tmp_path: Path) -> None:
    rows, left_out = made(tmp_path, listing(GO, "go", "src/add.go"), listing(PYTHON, "python", "src/pump.py"))
    assert not left_out
    by_kind = {row.kind: row for row in rows if row.origin.file == "src/add.go"}
    assert by_kind["code_explain"].answer == "It is Go."
    assert by_kind["code_translate"].answer == "```python\nport to Python as int64_t\n```"
    assert by_kind["code_complete"].answer == "```go\n\treturn a + 64\n}\n```"
    assert by_kind["code_complete"].context.endswith("\t\treturn 1\n\t}\n```")
    assert by_kind["code_explain"].context == f"```go\n{GO}\n```"
    assert "Python" in by_kind["code_translate"].question
    translated = [row for row in rows if row.kind == "code_translate"]
    assert {row.answer.split()[3] for row in translated} == {"Python", "Java"}
    assert sum(row.kind == "code_complete" for row in rows) == 3
    assert all(row.evidence for row in rows)


def test_a_query_becomes_pseudo_code_in_the_language_of_its_section(tmp_path: Path) -> None:
    query = "SELECT name,\n  sum(litres)\nFROM tanks\nWHERE site = 'B'\nGROUP BY name\nORDER BY name;"
    rows, _ = made(
        tmp_path,
        listing(query, "sql", "a.sql"),
        listing(f"-- 按名称\n{query}", "sql", "b.sql", language="zh"),
    )
    translated = {row.language: row.answer for row in rows if row.kind == "code_translate"}
    assert translated == {
        "en": "```\nport to pseudo-code as int64_t\n```",
        "zh": "```\nport to 伪代码 as int64_t\n```",
    }


def test_chinese_code_is_asked_about_in_chinese(tmp_path: Path) -> None:
    rows, _ = made(tmp_path, listing(CHINESE, "java", "Pump.java", language="zh"))
    assert {row.kind for row in rows} == {"code_explain", "code_translate", "code_complete"}
    assert all("代码" in row.question or "功能" in row.question or "定义" in row.question for row in rows)


def test_what_has_nothing_to_translate_is_recorded(tmp_path: Path) -> None:
    def refuse(request: Request) -> str:
        return work(request) if "target" not in request.prompt else reply({"piece": 1, "code": " "})

    rows, left_out = made(tmp_path, listing(GO, "go", "a.go"), script=refuse)
    assert {row.kind for row in rows} == {"code_explain", "code_complete"}
    assert [row.reason for row in left_out] == ["not_translatable"]


def test_a_few_lines_are_no_code_to_ask_about(tmp_path: Path) -> None:
    _, left_out = made(tmp_path, listing(GO, "go", "a.go"), listing("x := 1", "go", "b.go"))
    assert [(row.reason, row.record["file"]) for row in left_out] == [("no_code", "b.go")]


def test_a_text_without_fences_is_code_where_a_pattern_says_so(tmp_path: Path) -> None:
    rows, _ = made(tmp_path, section(PYTHON, file="scripts/pump"), sources={"scripts/*": "code"})
    explained = next(row for row in rows if row.kind == "code_explain")
    assert explained.context == f"```\n{PYTHON.strip()}\n```"


def test_the_judge_hears_what_is_said_about_code_and_not_the_code(tmp_path: Path) -> None:
    judged: list[str] = []

    def judge(request: Request) -> str:
        if "pieces of code" in request.messages[0]["content"]:
            return work(request)
        judged.append(request.prompt)
        return reply({"row": 1, "claims": [{"claim": "It is Go.", "verdict": "absent"}]})

    with ScriptedEndpoint(judge) as endpoint:
        second = {"base_url": endpoint.url, "model": "judge", "api_key_env": None}
        config = dials(endpoint.url, judge=second)
        found = run(tmp_path, config, [listing(GO, "go", "a.go")])
    assert {row.kind for row in pairs(*found)} == {"code_translate", "code_complete"}
    assert [row.reason for row in rejects(*found)] == ["judged_absent"]
    assert len(judged) == 1
    assert "It is Go." in judged[0]
    assert "int64_t" not in judged[0]
