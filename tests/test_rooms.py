"""Who may import whom: the table of docs/design.md, held by reading every import."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.source import ROOMS, ROOT, imports, name_of, sources

HEAVY = {
    *("torch", "transformers", "peft", "trl", "accelerate", "bitsandbytes", "datasets", "tokenizers", "safetensors"),
    *(
        "data_juicer",
        "ray",
        "unstructured",
        "pymupdf",
        "docx",
        "pptx",
        "openai",
        "matplotlib",
        "scipy",
        "numpy",
        "pandas",
        "openpyxl",
        "lxml",
        "msoffcrypto",
        "olefile",
        "oxmsg",
        "pypandoc",
        "httpx2",
        "langdetect",
        "sentence_transformers",
        "markdown_it",
    ),
}
# What of artifacts a stage's pure modules may know: the rows, the errors, and what a stage's Work hands them.
FOR_PURE_MODULES = {f"artifacts.{name}" for name in ("records", "stage", "progress", "memo", "store")}


def allowed(path: Path, module: str) -> bool:
    """Whether a file may import a module of the project."""
    room, *inner = path.relative_to(ROOT).parts
    wanted = module.split(".")
    match room:
        case "flows":
            return True
        case "configs":
            return wanted[0] in ("artifacts", "configs") or (wanted[0] == "tasks" and wanted[-1] == "config")
        case "artifacts":
            return wanted[0] == "artifacts"
    stage = inner[0]
    own = wanted[:2] == ["tasks", stage]
    if stage == "models":
        return own or module in FOR_PURE_MODULES
    if inner[1:] == ["config.py"]:
        return wanted[0] == "artifacts" or own or module in ("tasks.models.config", "tasks.models.tokens")
    if inner[1:] == ["task.py"]:
        return own or wanted[0] == "artifacts" or wanted[:2] == ["tasks", "models"]
    return own or wanted[:2] == ["tasks", "models"] or module in FOR_PURE_MODULES


def may_import_prefect(path: Path) -> bool:
    place = path.relative_to(ROOT)
    return place.parts[0] == "flows" or place.name == "task.py" or place.as_posix() == "artifacts/publish.py"


@pytest.mark.parametrize("path", sources(), ids=name_of)
def test_a_file_imports_only_what_its_room_may(path: Path) -> None:
    for found in imports(path):
        top = found.module.split(".")[0]
        where = f"{path.relative_to(ROOT)}:{found.line} imports {found.module}"
        if top in ROOMS:
            assert allowed(path, found.module), where
        if top == "prefect":
            assert may_import_prefect(path), where
        if top in HEAVY:
            assert not found.at_module_level, f"{where} when it is imported; do so in the function that uses it"


def test_the_rules_can_be_broken() -> None:
    sft, clean = ROOT / "tasks/sft/train.py", ROOT / "tasks/clean/task.py"
    assert not allowed(sft, "tasks.mix.draw")
    assert not allowed(sft, "artifacts.publish")
    assert not allowed(clean, "tasks.sft.config")
    assert not allowed(ROOT / "artifacts/store.py", "tasks.models.config")
    assert not allowed(ROOT / "configs/schema.py", "tasks.sft.train")
    assert not may_import_prefect(sft)
