"""Which kind of text a section is, and what it is taught as."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from artifacts.records import Section
from artifacts.stage import StageError
from tasks.generate.config import GenerateConfig, OpenAITeacher, SourceKind
from tasks.generate.lesson import Lesson, School
from tasks.generate.made_up import MadeUp
from tasks.generate.prompts import Prompts
from tasks.generate.sources.find import source_kind
from tasks.generate.teach import teach
from tasks.models.endpoint.rehearse import Rehearsal
from tasks.models.scripted import Request, ScriptedEndpoint
from tasks.parse.config import ParseConfig
from tasks.parse.read import Options, read
from tests.generate.school import LEAVE, PUMP, TANK, dials, pairs, reply, run, section

LOG = "\n".join(f"2026-03-01 08:{minute:02d}:01 INFO [pump] pressure {minute} kPa" for minute in range(20))
ACCESS = '10.0.0.1 - ann [10/Oct/2026:13:55:36 +0000] "GET /pump HTTP/1.1" 200 2326\n'
LEVELS = ("TRACE", "DEBUG", "INFO", "NOTICE", "WARN", "WARNING", "ERROR", "CRITICAL", "FATAL")
TRACE = "java.lang.Error: overload\n    at com.acme.A.b(A.java:12)\n    at com.acme.A.c(A.java:14)"
GO = "package main\n\n// Add adds.\nfunc Add(a, b int) int {\n\tif a == 0 {\n\t\treturn b\n\t}\n\treturn a + b\n}"
PROSE = "She had not slept. The sea was loud that night, and nobody came.\n\n“Go,” he said at last, and she went."


def kind(text: str, file: str, **sources: SourceKind) -> SourceKind:
    return source_kind(section(text, file=file), GenerateConfig(sources=sources))


def parsed(path: Path, content: str) -> str:
    path.write_text(content, encoding="utf-8")
    config = ParseConfig(source=path.parent)
    return "\n\n".join(block.text for block in read(path, Options(**config.options(path.name))).blocks)


@pytest.mark.parametrize(
    ("pattern", "file", "fits"),
    [
        ("logs/**", "logs/a/b.txt", True),
        ("logs/**", "old/logs/b.txt", False),
        ("*.txt", "deep/down/b.txt", True),
        ("**/*.txt", "b.txt", True),
        ("docs/**/b.txt", "docs/b.txt", True),
        ("docs/**/b.txt", "docs/x/y/b.txt", True),
        ("日志/*", "日志/泵站.txt", True),
        ("*.TXT", "b.txt", False),
    ],
)
def test_a_pattern_names_the_kind(pattern: str, file: str, fits: bool) -> None:
    assert kind("Some text.", file, **{pattern: "log"}) == ("log" if fits else "document")


def test_the_first_pattern_that_fits_counts_and_beats_what_is_found() -> None:
    assert kind(GO, "src/a.go", **{"src/*": "document", "*.go": "code"}) == "document"
    assert kind(LOG, "a.txt", **{"*.txt": "book"}) == "book"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("app.txt", LOG, "log"),
        ("app.txt", LOG.replace("\n", "\n\n"), "log"),
        ("app.txt", f"{LOG}\n{TRACE}\n{LOG}", "log"),
        ("access.log", '10.0.0.1 - - [10/Oct/2026:13:55:36] "GET / HTTP/1.1" 200 1', "log"),
        ("泵站.txt", "\n".join(f"[2026-03-01 08:{n:02d}:00] [错误] {n} 号泵：压力过高" for n in range(20)), "log"),
        ("httpd.txt", ACCESS * 9, "log"),
        ("kubelet.txt", "I0301 08:00:01.123456   12345 pump.go:12] pressure 3 kPa\n" * 9, "log"),
        ("levels.txt", "INFO pump started\nERROR pump failed\n" * 9, "log"),
        ("clock.txt", "08:30:00,123 [main] INFO pump started\n" * 9, "log"),
        ("timetable.txt", "".join(f"{n:02d}:00:00 train {n} to Bergen\n" for n in range(20)), "document"),
        ("meetings.txt", "".join(f"2026-03-{n:02d} 08:30 Board, room {n}\n" for n in range(1, 20)), "document"),
        ("names.txt", "\n".join(f"{n}: what it is for" for n in LEVELS), "document"),
        ("add.go", GO, "code"),
        ("pump.tsx", GO, "code"),
        ("pump.vue", "<template>\n  <b>{{ weight }} kg</b>\n</template>", "code"),
        ("Dockerfile", "FROM python:3.11\nRUN pip install graft\n", "code"),
        ("config.yaml", "pump:\n  pressure: 3\n  volume: 4", "document"),
        ("diary.txt", "08:30:00 We met.\n\nThen we spoke of the pump for an hour and agreed to buy it.", "document"),
        ("novel.txt", PROSE, "document"),
    ],
)
def test_the_kind_is_found_in_what_parse_gives(tmp_path: Path, name: str, content: str, expected: str) -> None:
    assert kind(parsed(tmp_path / name, content), name) == expected


def test_a_listing_in_a_document_is_code_where_it_is_nearly_all() -> None:
    assert kind(f"# Add\n\n```go\n{GO}\n{GO}\n```", "notes.md") == "code"
    assert kind(f"The function adds two numbers, and it never fails.\n\n```go\n{GO}\n```", "notes.md") == "document"
    assert kind("```bash\npip install graft\ngraft run --config handbook.yaml\n```", "install.md") == "document"
    assert kind('```json\n{"pump": {"pressure": 3, "volume": 4}}\n```', "notes.md") == "document"


def test_a_section_of_headings_alone_is_a_document() -> None:
    assert kind("", "slides.pptx") == "document"


def test_an_e_book_is_a_book_where_it_is_told_in_paragraphs() -> None:
    assert kind(f"{PROSE}\n\n* * *\n\n## Chapter 2\n\n{PROSE}", "novel.epub") == "book"
    assert kind("第一章的风很大。\n\n她没有说话。", "小说.epub") == "book"
    assert kind(f"{PROSE}\n\n- Turn it off.\n- Wait.", "manual.epub") == "document"
    assert kind("| Part | Price |\n|---|---|\n| Lid | 3 |", "manual.epub") == "document"


@pytest.mark.parametrize("handbook", [PUMP, LEAVE, TANK])
def test_a_handbook_is_a_document(handbook: Any) -> None:
    assert source_kind(handbook, GenerateConfig()) == "document"


def test_the_wordings_of_both_languages_are_of_the_same_kinds() -> None:
    prompts = Prompts(GenerateConfig())
    values = {"title": "Moby Dick", "file": "a.py", "language": "Python", "target": "Java"}
    counts = []
    for language in ("en", "zh"):
        text = prompts.fill("instructions", language, values)
        wordings = [line for line in text.splitlines() if line.startswith("- ")]
        assert len(set(wordings)) == len(wordings)
        below = re.findall(r"^# (\w+)\n((?:- .+\n?)+)", text, re.MULTILINE)
        counts.append(Counter({name: lines.count("- ") for name, lines in below}))
        assert sum(counts[-1].values()) == len(wordings)
    assert counts[0] == counts[1]
    assert min(counts[0].values()) >= 3


def test_each_section_is_taught_as_what_it_is(tmp_path: Path) -> None:
    asked = Counter[str]()

    def script(request: Request) -> str:
        asked[request.body.get("response_format", {}).get("json_schema", {}).get("name", "?")] += 1
        return reply()

    with ScriptedEndpoint(script) as endpoint:
        book = section(PROSE * 3, "The Sea", file="sea.epub")
        log, code = section(LOG, file="a.log"), section(f"```go\n{GO}\n```", file="add.go")
        found = run(tmp_path, dials(endpoint.url), [book, log, code])
    assert "FactsReply" not in asked
    assert {"StyleReply", "LogReply", "CodeExplainReply", "CodeTranslateReply"} <= set(asked)
    assert {row.kind for row in pairs(*found)} == {"continuation", "code_complete"}


@pytest.mark.parametrize("text", ["", "#", "* * *", "7", "——", "|---|---|"])
def test_nothing_is_asked_of_a_section_without_a_word(text: str, tmp_path: Path) -> None:
    with ScriptedEndpoint(lambda request: reply()) as endpoint:
        with pytest.raises(StageError, match=r"no_text \(1\)"):
            run(tmp_path, dials(endpoint.url), [section(text, "Empty")])
        assert endpoint.requests == []


@pytest.mark.parametrize("source", [section(LOG, file="a.log"), section(f"```go\n{GO}\n```", file="add.go")])
def test_a_forecast_counts_what_a_kind_asks(tmp_path: Path, source: Section) -> None:
    with ScriptedEndpoint(lambda request: reply()) as endpoint:
        config = dials(endpoint.url)
        with contextlib.suppress(StageError):  # a log that nothing is said about has no row
            run(tmp_path, config, [source])
        sent = len({request.digest for request in endpoint.requests})
    assert isinstance(config.teacher, OpenAITeacher)
    rehearsal = Rehearsal(config.teacher, MadeUp(config))
    asyncio.run(teach(Lesson(School(config, rehearsal, Prompts(config)), (source,))))
    assert rehearsal.requests == sent
    assert rehearsal.output_tokens * 4 > len(source.text) / 2
