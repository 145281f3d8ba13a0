"""What README and docs claim, held against the code."""

from __future__ import annotations

import inspect
import re
import shlex
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel
from typer.main import get_command

from artifacts import records
from artifacts.records import Record
from configs.schema import Stage
from flows.cli import app
from tasks.evaluate import marks, questions, scores
from tasks.evaluate.scores import Measures, Part
from tests.source import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
RECORDS = [
    kind
    for module in (records, scores, marks, questions)
    for _, kind in inspect.getmembers(module, inspect.isclass)
    if issubclass(kind, Record | Part) and kind.__module__ == module.__name__ and kind not in (Record, Part, Measures)
]


def commands(page: Path, program: str) -> list[list[str]]:
    """The command lines of a program in a page: indented lines, and code in the text."""
    text = page.read_text(encoding="utf-8")
    lines = re.findall(rf"^    ({program} .+)$", text, re.M) + re.findall(rf"`({program} [^`]+)`", text)
    return [shlex.split(line, comments=True)[1:] for line in lines]


@pytest.mark.parametrize(
    "words", [words for page in PAGES for words in commands(page, "graft") if words != ["--help"]], ids=" ".join
)
def test_a_graft_command_in_the_docs_can_be_parsed(words: list[str]) -> None:
    group = get_command(app)
    with group.make_context("graft", list(words)) as context:
        name, command, rest = group.resolve_command(context, list(words))  # type: ignore[attr-defined]
        assert command is not None, name
        with command.make_context(name, rest, parent=context) as inner:
            config = inner.params.get("config")
            assert config is None or (ROOT / config).is_file()


def test_the_docs_show_every_command() -> None:
    shown = {words[0] for page in PAGES for words in commands(page, "graft")}
    assert {"run", "plan", "validate", "status", "show", "lineage", "chat", "verify", "gc"} <= shown


def test_make_targets_in_the_docs_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {words[0] for page in PAGES for words in commands(page, "make")}
    assert {"demo", "test"} <= targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_the_readme_deploys_what_prefect_yaml_declares() -> None:
    declared = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
    names = {f"pipeline/{deployment['name']}" for deployment in declared["deployments"]}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert names == {"pipeline/quickstart", "pipeline/nightly"}
    assert all(name in readme for name in names)
    for deployment in declared["deployments"]:
        assert f"--pool {deployment['work_pool']['name']}" in readme
        assert (ROOT / deployment["parameters"]["config"]).is_file()
        assert (ROOT / deployment["entrypoint"].split(":")[0]).is_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_and_links_in_the_docs_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    rooms = ("artifacts", "configs", "docs", "examples", "flows", "tasks", "tests")
    named = {path for path in re.findall(r"`([\w./-]+/[\w./-]*)`", text) if path.split("/")[0] in rooms}
    for path in named:
        assert (ROOT / path.replace("/STAGE/", "/sft/")).exists(), path
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_records_md_names_every_field_and_no_other(kind: type[BaseModel]) -> None:
    text = (ROOT / "docs" / "records.md").read_text(encoding="utf-8")
    section = re.search(rf"^## {kind.__name__}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    assert section is not None, f"docs/records.md has no section on {kind.__name__}"
    assert re.findall(r"^\| `(\w+)` \|", section.group(1), re.M) == list(kind.model_fields)


def test_the_docs_name_every_stage_in_order() -> None:
    chain = " -> ".join(Stage)
    for name in ("README.md", "docs/design.md"):
        assert chain in (ROOT / name).read_text(encoding="utf-8"), name
    table = (ROOT / "docs" / "records.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (\w+) \|", table, re.M)[1 : len(Stage) + 1] == list(Stage)
