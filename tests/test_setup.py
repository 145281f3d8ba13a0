"""What sets the project up: the lock, the image."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.source import ROOMS, ROOT, imports, sources

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
PINS = dict(line.split("==") for line in LOCK)


def test_the_lock_is_exact_pins_and_nothing_else() -> None:
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9._]+", line) for line in LOCK)
    assert not [name for name in PINS if re.match(r"nvidia|triton", name)], (
        "CUDA comes with torch, where there is a GPU"
    )


def test_the_lock_holds_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = {canonicalize_name(name): version for name, version in PINS.items()}
    for text in (*project["dependencies"], *project["optional-dependencies"]["dev"], "setuptools>=77"):
        wanted = Requirement(text)
        assert wanted.specifier.contains(pins[canonicalize_name(wanted.name)]), text


def test_all_that_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["embeddings"]]
    declared = {canonicalize_name(Requirement(text).name) for text in wanted}
    providers = metadata.packages_distributions()
    for path in sources():
        for found in imports(path):
            top = found.module.split(".")[0]
            if top in sys.stdlib_module_names or top in ROOMS:
                continue
            names = {canonicalize_name(name) for name in providers[top]}
            assert names & declared, f"{path.relative_to(ROOT)}:{found.line} imports {top} ({', '.join(names)})"


def test_what_runs_here_is_what_is_locked() -> None:
    for name, version in PINS.items():
        assert metadata.version(name).split("+")[0] == version, f"{name}: run `make install`, or `make lock`"


def test_the_image_runs_as_a_user_and_for_a_cpu_unless_asked() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    build, final = text.split("\nFROM ")[1:]
    assert "ARG DEVICE=cpu" in build
    assert "make install DEVICE=${DEVICE}" in build
    user, entry = final.index("\nUSER graft"), final.index("\nENTRYPOINT")
    assert user < entry
    assert "USER root" not in final
    assert ".git" in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def test_no_file_names_a_package_index() -> None:
    for name in ("Makefile", "Dockerfile", "requirements.lock", "pyproject.toml", ".ci/run", "README.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"index-url|find-links|pypi\.org|download\.pytorch", text), name
