"""Reading the project's own source: what a file imports, and what of it can change a result."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("artifacts", "configs", "flows", "tasks")


@dataclass(frozen=True)
class Import:
    module: str
    line: int
    at_module_level: bool  # runs when the file is imported


def sources() -> list[Path]:
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> list[Import]:
    """All imports of a file but those for type checkers alone."""
    return list(_imports(ast.parse(path.read_text(encoding="utf-8")).body, at_module_level=True))


def _imports(body: list[ast.stmt], *, at_module_level: bool) -> Iterator[Import]:
    for node in body:
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, at_module_level) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                inner = ROOT.joinpath(*module.split("."))  # `from package import module`
                is_module = inner.with_suffix(".py").is_file() or inner.is_dir()
                yield Import(module if is_module else str(node.module), node.lineno, at_module_level)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from _imports(node.orelse, at_module_level=at_module_level)
        else:
            inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            for field in ("body", "orelse", "finalbody"):
                yield from _imports(getattr(node, field, []), at_module_level=at_module_level and not inside)
            for part in (*getattr(node, "handlers", []), *getattr(node, "cases", [])):
                yield from _imports(part.body, at_module_level=at_module_level and not inside)


class _Bare(ast.NodeTransformer):
    """Drops docstrings: of modules, classes, functions and fields."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else node


def meaning(path: Path) -> str:
    """The code of a file without comments, docstrings and layout; any other file as it stands."""
    text = path.read_text(encoding="utf-8")
    return ast.unparse(_Bare().visit(ast.parse(text))) if path.suffix == ".py" else text
