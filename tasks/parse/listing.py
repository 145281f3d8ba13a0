"""Files of programs and settings: blocks of code, in fences that name the language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePath

from tasks.parse.blocks import Block, Reading
from tasks.parse.decode import decode

LANGUAGES = {  # by a name's ending, or by a whole name without one
    **dict.fromkeys((".bash", ".sh", ".zsh"), "bash"),
    **dict.fromkeys((".c", ".h"), "c"),
    **dict.fromkeys((".cc", ".cpp", ".hpp"), "cpp"),
    **dict.fromkeys((".cfg", ".conf", ".ini", ".properties"), "ini"),
    **dict.fromkeys((".json", ".jsonl"), "json"),
    **dict.fromkeys((".cjs", ".js", ".jsx", ".mjs"), "javascript"),
    **dict.fromkeys((".ts", ".tsx"), "typescript"),
    **dict.fromkeys((".yaml", ".yml"), "yaml"),
    ".cs": "csharp",
    ".css": "css",
    ".go": "go",
    ".java": "java",
    ".kt": "kotlin",
    ".lua": "lua",
    ".php": "php",
    ".ps1": "powershell",
    ".py": "python",
    ".r": "r",
    ".rb": "ruby",
    ".rs": "rust",
    ".scala": "scala",
    ".sql": "sql",
    ".swift": "swift",
    ".toml": "toml",
    ".vue": "vue",
    "dockerfile": "dockerfile",
    "makefile": "makefile",
}


MANY_LINES, MOST_LINES = 40, 80  # a block ends at the first empty line after so many lines, at the latest after these


def ending(path: PurePath) -> str:
    """What tells a text's kind: the ending of its name, or the name of a file without one."""
    return path.suffix.lower() or path.name.lower()


def read(path: Path) -> Reading:
    code = decode(path.read_bytes()).lstrip("\ufeff").replace("\r\n", "\n").strip("\n")
    language = LANGUAGES[ending(path)]
    return Reading([Block("code", fenced(piece, language)) for piece in _pieces(code.split("\n"))])


def _pieces(lines: list[str]) -> Iterator[str]:
    held: list[str] = []
    for line in lines:
        held.append(line)
        if len(held) == MOST_LINES or (len(held) >= MANY_LINES and not line.strip()):
            yield "\n".join(held).strip("\n")
            held = []
    if held:
        yield "\n".join(held)


def fenced(code: str, language: str = "") -> str:
    """Code as it stands, in a fence longer than any in it."""
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", code)), 3)
    return f"{fence}{language}\n{code}\n{fence}"
