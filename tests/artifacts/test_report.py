from __future__ import annotations

import re
from functools import partial
from html.parser import HTMLParser
from typing import Any

import pytest

from artifacts.report import write_report
from artifacts.report.pages import escape_markdown, fence, quote
from artifacts.runs import Run
from artifacts.stage import Work
from artifacts.store import Store
from tasks.evaluate.config import Gates
from tests.artifacts.finished import FILES, document, evaluated, run_of
from tests.evaluate.made import marked, question

HOSTILE = "</td><script>alert(1)</script><img src=x onerror=alert(2)> | **bold** `code`\n# heading"


class Page(HTMLParser):
    """The elements of a page, what they refer to, and whether each is closed in its turn."""

    VOID = frozenset({"meta", "br", "img", "link", "input", "hr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.references: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.references += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href", "srcset")]
        assert not [name for name, _ in attrs if name.startswith("on")], "a script in an attribute"
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes nothing"


def pages(run: Run) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in write_report(run)}


def test_the_verdict_comes_first(store: Store) -> None:
    told = pages(run_of(store))
    assert set(told) == {"report.md", "report.html", "model-card.md"}
    headline = "Learned 0.92 of held-out questions (base 0.00); kept 0.96 of general ability"
    assert told["report.md"].startswith(f"# {headline}")
    assert headline in told["report.html"].split("<h2")[0]
    assert re.search(r"<h1>Learned 0\.92", told["report.html"])
    assert '<p class="badge good">passed</p>' in told["report.html"]


def test_the_page_loads_nothing_from_elsewhere(store: Store) -> None:
    text = pages(run_of(store))["report.html"]
    page = Page(text)
    assert all(reference.startswith("#") for reference in page.references)
    assert not re.search(r"url\((?!#)|@import|<link|<script|<iframe", text)
    assert not re.findall(r"https?://(?!www\.w3\.org/)\S+", text)
    assert page.tags.count("svg") == 6


def test_every_table_of_the_markdown_is_whole(store: Store) -> None:
    lines = pages(run_of(store))["report.md"].splitlines()
    for place, line in enumerate(lines):
        if line.startswith("|"):
            assert re.match(r"\|.*\|$", line)
            if lines[place - 1].startswith("|"):
                columns = [len(re.findall(r"(?<!\\)\|", each)) for each in (lines[place - 1], line)]
                assert columns[0] == columns[1], line


def test_data_losses_documents_and_notes_are_told(store: Store) -> None:
    told = pages(run_of(store))
    assert "secret.pdf" not in told["report.html"]  # nothing of it went in; it is among the losses
    for text in (told["report.md"], told["report.html"]):
        assert all(name in text for name in FILES)
        assert "near duplicate" in text
        assert "rules made the questions" in text
        assert "1,860" in text
        assert "How much does tank 1010 hold?" in text
    assert told["report.html"].count("missed</p>") == 3


def test_a_failed_run_says_where_and_why(store: Store) -> None:
    def breaks(work: Work[Any]) -> None:
        raise RuntimeError(f"out of memory {HOSTILE}")

    told = pages(run_of(store, broken={"sft": breaks}))
    assert set(told) == {"report.md", "report.html"}  # there is no model to write a card for
    assert told["report.md"].startswith("# Stopped in sft")
    assert "out of memory" in told["report.md"]
    assert "<h1>Stopped in sft.</h1>" in told["report.html"]
    assert "1,860" in told["report.html"]
    Page(told["report.html"])


@pytest.mark.parametrize("until", ["parse", "mix", "sft", "align"])
def test_a_run_without_an_evaluation_has_its_report(store: Store, until: str) -> None:
    told = pages(run_of(store, until=until))
    assert f"Ran up to {until}; no model was evaluated" in told["report.md"]
    assert ("model-card.md" in told) == (until in ("sft", "align"))
    assert ("rows that were trained on" in told["report.html"]) == (until in ("sft", "align"))
    Page(told["report.html"])


def test_a_run_of_nothing_has_its_report(store: Store) -> None:
    run = Run(store, name="empty")
    run.end("failed")
    assert "Ran up to nothing" in pages(run)["report.md"]


def test_a_verdict_that_did_not_pass(store: Store) -> None:
    strict = partial(evaluated, gates=Gates(max_retention_loss=0.0))
    told = pages(run_of(store, broken={"evaluate": strict}))
    assert '<p class="badge bad">did not pass</p>' in told["report.html"]
    assert "**Did not pass.**" in told["report.md"]
    assert "> - retention:" in told["model-card.md"]


def test_nothing_measured_breaks_nothing(store: Store) -> None:
    told = pages(run_of(store, broken={"evaluate": partial(evaluated, rows=[])}))
    assert told["report.md"].startswith("# Nothing could be measured")
    Page(told["report.html"])


def test_text_of_documents_stays_text(store: Store) -> None:
    asked = question(1).model_copy(
        update={"prompt": ({"role": "user", "content": HOSTILE},), "expected": HOSTILE, "file": HOSTILE}
    )

    def parsed(work: Work[Any]) -> None:
        work.write("about/documents.jsonl", [document(HOSTILE, "0", 1, [HOSTILE])])
        work.notes.append(HOSTILE)
        work.reject(HOSTILE, {"file": HOSTILE})

    def cleaned(work: Work[Any]) -> None:
        work.reject(HOSTILE, {"id": "1"})
        work.write("about/distributions.jsonl", [distribution(question=HOSTILE, answer=HOSTILE)])
        work.counts.update({"in": 600, "kept": 599})

    broken = {
        "parse": parsed,
        "clean": cleaned,
        "evaluate": partial(evaluated, rows=[marked(asked, "wrr"), marked(asked, "www")]),
    }
    told = pages(run_of(store, broken=broken, name=HOSTILE))
    page = Page(told["report.html"])
    assert not {"script", "img"} & set(page.tags)
    for name in ("report.md", "model-card.md"):
        body = told[name].split("\n---\n", 1)[-1]
        assert "<script" not in body
        assert "<img" not in body
        assert "\n# heading" not in body
        assert "**bold**" not in body


def distribution(**texts: str) -> dict[str, Any]:
    """A line of about/distributions.jsonl of clean, with one row at its upper bound."""
    bounds = {"bounds": "min_len 3", "allowed": {"low": 3, "high": None}, "cut": {"low": 1.5, "high": 4.5}}
    bars = {"edges": [0, 2, 4, 6], "within": [0, 7, 2], "outside": [1, 0, 1], "lowest": 1, "highest": 5}
    example = {"end": "high", "value": 5.0, "stays": False, "id": "1", **texts}
    about = {"place": 0, "operator": "text_length_filter", "field": "answer", "statistic": "text_len", "language": "en"}
    return {**about, **bounds, **bars, "rows": 11, "left_out": 2, "examples": [example]}


def test_a_histogram_has_a_line_at_each_bound_and_rows_beside_it(store: Store) -> None:
    def cleaned(work: Work[Any]) -> None:
        work.write("about/distributions.jsonl", [distribution(question="How long?", answer="Too long.")])
        work.counts.update({"in": 600, "kept": 600})

    text = pages(run_of(store, until="mix", broken={"clean": cleaned}))["report.html"]
    Page(text)
    drawn = text.split("What the filters measured")[1].split("</figure>")[0]
    assert "allowed at least 3; not far out 1.5 to 4.5; 2 left out" in drawn
    assert drawn.count("stroke-dasharray") >= 3, "one for the threshold, two for the outliers' cut"
    assert all(label in drawn for label in (">stays<", ">left out<", ">allowed<", ">not far out<"))
    assert all(said in text for said in ("How long?", "Too long.", "5: left out"))


def test_the_same_run_gives_the_same_pages(store: Store) -> None:
    run = run_of(store)
    assert pages(run) == pages(run)


def test_escaping() -> None:
    assert escape_markdown("a | b\n*c* <d> _e_ [f](g)") == r"a \| b \*c\* &lt;d&gt; \_e\_ \[f\](g)"
    assert fence("a\n````\nb").startswith("`````\n")
    assert fence("plain", "yaml") == "```yaml\nplain\n```"


def test_a_quotation_keeps_lines_and_makes_no_markup() -> None:
    assert quote("# a\n\n| <b> |") == "> \\# a  \n>   \n> \\| &lt;b&gt; \\|  "
