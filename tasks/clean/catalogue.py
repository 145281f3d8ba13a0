"""data-juicer's operators and their parameters, read from its source: importing it takes seconds, this takes none."""

from __future__ import annotations

import ast
from difflib import get_close_matches
from functools import cache
from importlib.util import find_spec
from pathlib import Path

DEDUPLICATORS = ("document_simhash_deduplicator", "document_minhash_deduplicator")
INTERVAL = ("min_closed_interval", "max_closed_interval", "reversed_range")  # every filter takes these
OTHER_MEDIA = ("audio_", "image_", "imgdiff_", "video_")
RUN_CODE = ("python_file_mapper", "python_lambda_mapper")


def mistake(name: str, parameters: list[str]) -> str | None:
    """What is wrong with an operator's name or parameters, naming the nearest that exist; None when they are right."""
    sources = _sources()
    if name in RUN_CODE:
        return f"{name} runs Python code from the configuration, which is not allowed; write it as a stage's code"
    if name not in sources:
        return f"data-juicer has no filter, mapper or deduplicator {name!r} for rows of text{_nearest(name, sources)}"
    known = _parameters(sources[name])
    if known is None:
        return None
    for parameter in parameters:
        if parameter not in known:
            takes = ", ".join(known) or "none"
            return f"{name} has no parameter {parameter!r}{_nearest(parameter, known)}; it takes: {takes}"
    return None


def _nearest(name: str, known: object) -> str:
    found = get_close_matches(name, list(known), n=3, cutoff=0.5)  # type: ignore[call-overload]
    return f"; nearest: {', '.join(found)}" if found else ""


@cache
def _sources() -> dict[str, Path]:
    """The file of each operator: data-juicer names its files for the operators in them."""
    spec = find_spec("data_juicer")
    if spec is None or not spec.submodule_search_locations:
        raise ValueError("data-juicer is not installed; install the project's dependencies again")
    folder = Path(spec.submodule_search_locations[0]) / "ops"
    files = [path for kind in ("filter", "mapper") for path in sorted((folder / kind).glob(f"*_{kind}.py"))]
    files += [folder / "deduplicator" / f"{name}.py" for name in DEDUPLICATORS]
    return {path.stem: path for path in files if not path.name.startswith(OTHER_MEDIA)}


@cache
def _parameters(source: Path) -> tuple[str, ...] | None:
    """The parameters of the operator's constructor; None where it inherits them from another file."""
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.ClassDef) or not any(_registers(decorator) for decorator in node.decorator_list):
            continue
        for method in node.body:
            if isinstance(method, ast.FunctionDef) and method.name == "__init__":
                own = [argument.arg for argument in (*method.args.args[1:], *method.args.kwonlyargs)]
                return (*own, *(INTERVAL if source.stem.endswith("_filter") else ()))
    return None


def _registers(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and getattr(decorator.func, "attr", "") == "register_module"
