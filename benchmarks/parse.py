"""How fast and how right PDFs are read, beside other readers, in one run over the same files.

    python -m benchmarks.parse FOLDER [--manifest MANIFEST.csv] [--rounds 3] [--ocr]

Each reader has a process of its own on one thread, and they are asked in turn, file by file, so that what else runs on
the machine slows them alike. Time is processor time; of several rounds the quickest counts, and the smallest file is
read once before. Memory is the most that the process ever held, its libraries included. A reader that is not installed
is left out, and said to be.

The manifest is a CSV with the columns `file`, `password`, `must_contain` and `must_not_contain_in_body`, whose strings
are parted by " ;; "; white space, punctuation and Markdown's marks are not compared. A file with strings that begin
with `OCR:` is a scan: it counts only with --ocr, and never in the speed.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import subprocess
import sys
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]
RAW = "pymupdf get_text"
READERS = {
    "graft parse": "",
    RAW: "pymupdf",
    "pymupdf4llm": "pymupdf4llm",
    "unstructured fast": "unstructured_inference",
    "markitdown": "markitdown",
}
OCR = "OCR:"
PATIENCE = 5  # seconds that a reader may take for a file to be asked for it again


@dataclass(frozen=True)
class Document:
    path: Path
    password: str = ""
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    scanned: bool = False


@dataclass
class Figures:
    """What one reader did over all files."""

    pages: int = 0
    seconds: float = 0.0  # of the quickest round, over digital files
    megabytes: float = 0.0
    right: int = 0
    asked: int = 0
    ratios: list[float] = field(default_factory=list)  # of the raw reader's time to its own, file by file
    failed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


class Reader:
    """A process that reads files one at a time."""

    def __init__(self, name: str, *, ocr: bool) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1", "RAYON_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "benchmarks.readers", name, *(["--ocr"] if ocr else [])]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, encoding="utf-8", env=environment
        )

    def read(self, document: Document) -> dict[str, Any]:
        """`text`, `pages`, `seconds` and `megabytes`; `error` instead of a text that could not be had."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"path": str(document.path), "password": document.password}) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline() or '{"error": "the reader died"}')
        return answer


def documents(folder: Path, manifest: Path | None) -> list[Document]:
    told: dict[str, dict[str, str]] = {}
    if manifest is not None:
        with manifest.open(encoding="utf-8", newline="") as file:
            told = {row["file"]: row for row in csv.DictReader(file)}
    found = []
    for path in sorted(folder.glob("*.pdf")):
        if not path.read_bytes()[:1024].count(b"%PDF-"):
            continue
        row = told.get(path.name, {})
        wanted = strings(row.get("must_contain", ""))
        scanned = any(string.startswith(OCR) for string in wanted)
        bare = tuple(string.removeprefix(OCR) for string in wanted)
        unwanted = strings(row.get("must_not_contain_in_body", ""))
        found.append(Document(path, row.get("password", ""), bare, unwanted, scanned))
    return found


def strings(cell: str) -> tuple[str, ...]:
    return tuple(string for string in cell.split(" ;; ") if string)


def plain(text: str) -> str:
    """Letters and digits alone."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text)).casefold()


def judge(document: Document, answer: dict[str, Any], figures: Figures) -> None:
    text = plain(answer.get("text", ""))
    lost = [string for string in document.wanted if plain(string) not in text]
    leaked = [string for string in document.unwanted if not text or plain(string) in text]
    figures.asked += len(document.wanted) + len(document.unwanted)
    figures.right += len(document.wanted) + len(document.unwanted) - len(lost) - len(leaked)
    figures.wrong += [f"{document.path.name}: {string}" for string in (*lost, *leaked)]


def measure(files: list[Document], names: list[str], rounds: int, *, ocr: bool) -> dict[str, Figures]:
    installed = [name for name in names if not READERS[name] or _is_there(READERS[name])]
    readers = {name: Reader(name, ocr=ocr) for name in installed}
    figures = {name: Figures() for name in installed}
    for reader in readers.values():  # what a library loads once, at its first file, is no speed of reading
        reader.read(min(files, key=lambda document: document.path.stat().st_size))
    for document in files:
        quickest: dict[str, float] = {}
        for turn in range(1 if document.scanned else rounds):
            for name, reader in readers.items():
                if turn and quickest.get(name, PATIENCE) >= PATIENCE:
                    continue  # so slow that once is enough
                answer = reader.read(document)
                own = figures[name]
                if "error" in answer:
                    own.failed += [] if turn else [f"{document.path.name}: {answer['error']}"]
                else:
                    quickest[name] = min(quickest.get(name, answer["seconds"]), answer["seconds"])
                    own.megabytes = max(own.megabytes, answer["megabytes"])
                if turn == 0:
                    own.pages += 0 if document.scanned else answer.get("pages", 0)
                    judge(document, answer, own)
        for name, seconds in () if document.scanned else quickest.items():
            figures[name].seconds += seconds
            figures[name].ratios.append(quickest[RAW] / seconds)
    return figures


def _is_there(module: str) -> bool:
    from importlib.util import find_spec

    if find_spec(module) is None:
        sys.stderr.write(f"{module} is not installed: left out\n")
        return False
    return True


def table(figures: dict[str, Figures]) -> str:
    raw = figures[RAW]
    lines = [
        "| reader | pages a second | of raw speed | median file | most memory | strings right | files failed |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name, own in figures.items():
        speed = own.pages / own.seconds if own.seconds else 0.0
        share = f"{own.right / own.asked:.1%} ({own.right} of {own.asked})" if own.asked else "–"
        lines.append(
            f"| {name} | {speed:.1f} | {speed / (raw.pages / raw.seconds):.2f} "
            f"| {median(own.ratios):.2f} | {own.megabytes:.0f} MB | {share} "
            f"| {len(own.failed)} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--manifest", type=Path)
    parser.add_argument("--reader", action="append", choices=READERS, help="only this one and raw; may be repeated")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ocr", action="store_true", help="read scans too, by Tesseract")
    parser.add_argument("--misses", action="store_true", help="name each string that was lost or leaked")
    arguments = parser.parse_args()
    files = [one for one in documents(arguments.folder, arguments.manifest) if arguments.ocr or not one.scanned]
    names = [name for name in READERS if name in (arguments.reader or READERS) or name == RAW]
    figures = measure(files, names, arguments.rounds, ocr=arguments.ocr)
    print(f"{len(files)} PDFs, {figures[RAW].pages} digital pages\n\n{table(figures)}")
    for name, own in figures.items() if arguments.misses else ():
        print(f"\n{name}:", *own.failed, *own.wrong, sep="\n  ")


if __name__ == "__main__":
    main()
