"""The readers of PDFs that are compared, a process each: a path in, the text and what it took out, a JSON line each."""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

Read = Callable[[Path, str], tuple[str, int]]  # path and password to text and pages


def graft(*, ocr: bool) -> Read:
    from tasks.models.config import EMBEDDED
    from tasks.models.tokens import tokenizer_file
    from tasks.parse.child import extract
    from tasks.parse.config import ParseConfig

    config = ParseConfig(ocr=ocr)
    sizes = {"tokenizer": str(tokenizer_file(EMBEDDED)), **config.cutting()}

    def read(path: Path, password: str) -> tuple[str, int]:
        answer = extract(path, {**config.options(path.name), "password": password or None}, **sizes)
        if "text" not in answer:
            raise ValueError(f"{answer['reason']}: {answer['detail']}")
        return answer["text"], answer["pages"]

    return read


def raw() -> Read:
    import pymupdf

    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)

    def read(path: Path, password: str) -> tuple[str, int]:
        with pymupdf.open(path) as document:
            if password:
                document.authenticate(password)
            return "\n".join(page.get_text() for page in document), len(document)

    return read


def for_llm() -> Read:
    import pymupdf
    import pymupdf4llm

    def read(path: Path, password: str) -> tuple[str, int]:
        with pymupdf.open(path) as document:
            if password:
                document.authenticate(password)
            text = pymupdf4llm.to_markdown(document, use_ocr=False, header=False, footer=False, show_progress=False)
            return text, len(document)

    return read


def unstructured() -> Read:
    from tasks.parse.markup.formats import offline

    offline()
    from unstructured.partition.pdf import partition_pdf

    def read(path: Path, password: str) -> tuple[str, int]:
        elements = partition_pdf(filename=str(path), strategy="fast", password=password or None, languages=[""])
        texts = [element.text for element in elements if element.category not in ("Header", "Footer")]
        return "\n".join(texts), _pages(path, password)

    return read


def markitdown() -> Read:
    from markitdown import MarkItDown

    converter = MarkItDown(enable_plugins=False)

    def read(path: Path, password: str) -> tuple[str, int]:
        return converter.convert_local(str(path)).text_content, _pages(path, password)

    return read


def _pages(path: Path, password: str) -> int:
    """For readers that don't tell; pymupdf takes some milliseconds for it."""
    import pymupdf

    with pymupdf.open(path) as document:
        if password:
            document.authenticate(password)
        return len(document)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reader")
    parser.add_argument("--ocr", action="store_true")
    arguments = parser.parse_args()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    match arguments.reader:
        case "graft parse":
            read = graft(ocr=arguments.ocr)
        case "pymupdf get_text":
            read = raw()
        case "pymupdf4llm":
            read = for_llm()
        case "unstructured fast":
            read = unstructured()
        case "markitdown":
            read = markitdown()
    for line in sys.stdin:
        request = json.loads(line)
        started = time.process_time()
        try:
            text, pages = read(Path(request["path"]), request["password"])
            answer = {"text": text, "pages": pages, "seconds": time.process_time() - started}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {str(error)[:200]}"}
        answer["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
