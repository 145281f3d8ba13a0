"""A stage whose source changed must say whether its results did.

A fingerprint of each stage's code (comments, docstrings and layout aside), prompts, and the records and shared model
code that it uses is kept in fingerprints.json. Where it no longer fits, either raise the stage's `version`, so that its
artifacts are made again, or know that the change can't alter a result; then write the new fingerprints down:

    python -m tests.test_versions accept
"""

from __future__ import annotations

import hashlib
import json
import sys
from importlib import import_module
from pathlib import Path

import pytest

from configs.schema import Stage
from tests.source import ROOT, imports, meaning, name_of

RECORD = ROOT / "tests" / "fingerprints.json"
SHARED = ("tasks.models", "artifacts.records")  # records decide ids, and with them what is drawn
TEXT = {".py", ".md", ".yaml", ".json", ".jsonl", ".jinja"}


def files_of(stage: str) -> list[Path]:
    """The stage's own files, and the shared code that they come to use."""
    own = [path for path in sorted((ROOT / "tasks" / stage).rglob("*")) if path.suffix in TEXT]
    found: dict[Path, None] = {}
    todo = own
    while todo:
        path = todo.pop()
        if path in found:
            continue
        found[path] = None
        if path.suffix == ".py":
            names = (entry.module for entry in imports(path) if entry.module.startswith(SHARED))
            modules = (ROOT.joinpath(*name.split(".")).with_suffix(".py") for name in names)
            todo += [module for module in modules if module.is_file()]
    return sorted(found)


def fingerprint(stage: str) -> str:
    hasher = hashlib.sha256()
    for path in files_of(stage):
        hasher.update(f"{path.relative_to(ROOT).as_posix()}\n{meaning(path)}\n".encode())
    return hasher.hexdigest()[:16]


def current(stage: str) -> dict[str, object]:
    module = import_module(f"tasks.{stage}.config")
    return {"version": getattr(module, f"{stage.title()}Config").version, "fingerprint": fingerprint(stage)}


@pytest.mark.parametrize("stage", Stage)
def test_a_changed_stage_raises_its_version_or_is_accepted(stage: str) -> None:
    recorded, now = json.loads(RECORD.read_text(encoding="utf-8")).get(stage), current(stage)
    advice = "see tests/test_versions.py: python -m tests.test_versions accept"
    assert recorded is not None, f"{stage} is new; {advice}"
    if recorded["version"] == now["version"]:
        assert recorded == now, f"the source of {stage} changed and its version did not; {advice}"
    assert recorded == now, f"{stage} has a new version that is not written down; {advice}"


def test_comments_and_docstrings_change_no_fingerprint(tmp_path: Path) -> None:
    plain, told, other = (tmp_path / name for name in ("plain.py", "told.py", "other.py"))
    plain.write_text("class A:\n    x = 1\ndef f():\n    return 'text'\n", encoding="utf-8")
    told.write_text(
        '"""M."""\nclass A:\n    """C."""\n    x = 1  # one\n    """X."""\n\n'
        'def f():\n    """F."""\n    return "text"\n',
        encoding="utf-8",
    )
    other.write_text("class A:\n    x = 2\ndef f():\n    return 'text'\n", encoding="utf-8")
    assert meaning(plain) == meaning(told)
    assert meaning(plain) != meaning(other)


def test_shared_code_and_prompts_count() -> None:
    names = {name_of(path) if path.suffix == ".py" else path.name for path in files_of("generate")}
    assert {"tasks.generate.task", "tasks.models.endpoint.chat", "artifacts.records", "facts.en.md"} <= names
    assert "tasks.sft.train" not in names


if __name__ == "__main__":
    if sys.argv[1:] != ["accept"]:
        sys.exit("usage: python -m tests.test_versions accept")
    RECORD.write_text(json.dumps({stage: current(stage) for stage in Stage}, indent=1) + "\n", encoding="utf-8")
