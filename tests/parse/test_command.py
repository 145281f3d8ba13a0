"""`graft parse`: what a person or a program sees of the first stage, without a store."""

from __future__ import annotations

import json
from pathlib import Path

import pymupdf
import pytest
from typer.testing import CliRunner

from flows.cli import app

RUNNER = CliRunner()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "documents"
    root.mkdir()
    (root / "pump.md").write_text("# Pump\n\n## Care\n\nOil it.\n", encoding="utf-8")
    (root / "水箱.txt").write_text("容量：五升\n", encoding="utf-8")
    (root / "z copy.md").write_bytes((root / "pump.md").read_bytes())
    (root / "empty.pdf").touch()
    return root


def test_sections_are_printed_as_markdown_with_where_they_stand(folder: Path) -> None:
    done = RUNNER.invoke(app, ["parse", str(folder / "pump.md")])
    assert done.exit_code == 0
    head, text = done.stdout.split("\n", 1)
    assert "pump.md | Pump › Care" in head
    assert text.strip() == "# Pump\n\n## Care\n\nOil it."


def test_json_lines_have_each_file_in_order_and_tell_what_is_left_out(folder: Path) -> None:
    done = RUNNER.invoke(app, ["parse", str(folder), "--format", "jsonl"])
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["file"] for row in rows] == ["pump.md", "z copy.md", "水箱.txt"]
    assert rows[0].keys() >= {"file", "page", "headings", "text", "start", "end", "id"}
    assert rows[0]["headings"] == ["Pump", "Care"]
    assert "empty.pdf: empty: " in done.stderr


@pytest.mark.parametrize("path", ["pump.md", "./pump.md", "../documents/pump.md", "link.md"])
def test_a_file_may_be_named_from_where_one_stands(path: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "link.md").symlink_to(folder / "pump.md")
    monkeypatch.chdir(folder)  # where there are no configs either
    done = RUNNER.invoke(app, ["parse", path])
    assert done.exit_code == 0, done.output
    assert f"{Path(path).name} | Pump › Care" in done.stdout
    assert "1 of 1 files read, 1 sections" in done.stderr


def test_files_of_one_name_and_their_passwords_are_told_apart_by_their_folders(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, password in (("hr", "one"), ("it", "two")):
        (folder / name).mkdir()
        document = pymupdf.open()
        document.new_page().insert_text((72, 72), f"The plan of {name} is locked.")
        document.save(folder / name / "plan.pdf", encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw=password)
        monkeypatch.setenv(f"{name.upper()}_PASSWORD", password)
    monkeypatch.chdir(folder)
    passwords = "parse.passwords={'hr/*.pdf': HR_PASSWORD, 'it/*.pdf': IT_PASSWORD}"
    done = RUNNER.invoke(app, ["parse", "hr/plan.pdf", "it/plan.pdf", "--set", passwords, "--format", "jsonl"])
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["file"], row["text"]) for row in rows] == [
        ("hr/plan.pdf", "The plan of hr is locked."),
        ("it/plan.pdf", "The plan of it is locked."),
    ]


def test_a_configuration_that_is_named_must_be_there(folder: Path) -> None:
    done = RUNNER.invoke(app, ["parse", str(folder / "pump.md"), "-c", str(folder / "none.yaml")])
    assert (done.exit_code, "there is no such file" in done.stderr) == (2, True)


def test_sizes_can_be_laid_over(folder: Path) -> None:
    (folder / "long.txt").write_text("The pump is oiled every month. " * 200, encoding="utf-8")
    counts = [
        len(RUNNER.invoke(app, ["parse", str(folder / "long.txt"), "--format", "jsonl", *dials]).stdout.splitlines())
        for dials in ([], ["--set", "parse.min_tokens=50", "--set", "parse.max_tokens=120"])
    ]
    assert counts[1] > 2 * counts[0]


def test_what_is_not_there_or_says_nothing_is_told(folder: Path) -> None:
    missing = RUNNER.invoke(app, ["parse", str(folder / "none.pdf")])
    assert (missing.exit_code, "there is no such file or folder" in missing.stderr) == (2, True)
    nothing = RUNNER.invoke(app, ["parse", str(folder / "empty.pdf")])
    assert (nothing.exit_code, "nothing could be read of 1 files" in nothing.stderr) == (1, True)
