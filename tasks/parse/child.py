"""The program that reads documents one at a time, in a process of its own: requests in, sections out, a JSON line each.

    python -m tasks.parse.child SECONDS

A document that takes longer ends the process (the kernel does so, in whatever code it hangs), and so does one that
crashes a library; the parent knows by the exit status. Only JSON comes back, so a document that takes over a library
reaches no further than this process.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import resource
import signal
import sys
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tasks.models.tokens import counter
from tasks.parse.blocks import Options, UnreadableError
from tasks.parse.language import languages
from tasks.parse.near import fingerprint
from tasks.parse.read import read
from tasks.parse.sections import cut

MEMORY = 8 << 30  # bytes of data; what asks for more is told that there is none


def main(seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    warnings.simplefilter("ignore")
    for name in ("OMP_THREAD_LIMIT", "OMP_NUM_THREADS", "RAYON_NUM_THREADS"):  # each child has one processor
        os.environ.setdefault(name, "1")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not be taken for an answer
    for line in sys.stdin:
        request = json.loads(line)
        signal.alarm(seconds)
        path, sha256 = Path(request.pop("path")), request.pop("sha256")
        answer = extract(path, **request)
        if not holds(path, sha256):
            answer = failure("changed_while_reading", "was changed or removed meanwhile; run again", passing=True)
        signal.alarm(0)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def extract(path: Path, options: dict[str, Any], tokenizer: str, min_tokens: int, max_tokens: int) -> dict[str, Any]:
    """A document's text, its sections and what was lost of it, or why it cannot be read."""
    gc.disable()  # a document makes many objects and no garbage to speak of: looking for it takes a tenth of the time
    try:
        return _extract(path, Options(**options), Path(tokenizer), min_tokens, max_tokens)
    finally:
        gc.enable()


def _extract(path: Path, options: Options, tokenizer: Path, min_tokens: int, max_tokens: int) -> dict[str, Any]:
    try:
        reading = read(path, options)
    except UnreadableError as error:
        return failure(error.reason, error.detail, passing=error.passing)
    except MemoryError:
        detail = f"the document needs more than {MEMORY >> 30} GB of memory; split it"
        return failure("out_of_memory", detail, passing=True)
    text, pieces = cut(reading.blocks, counter(tokenizer), min_tokens, max_tokens)
    stretches = [text[piece.start : piece.end] for piece in pieces]
    told = zip(pieces, languages(stretches), strict=True)
    return {
        "text": text,
        "sections": [{**vars(piece), "language": language} for piece, language in told],
        "losses": [asdict(loss) for loss in reading.losses],
        "pages": reading.pages,
        "tables": sum(block.kind == "table" for block in reading.blocks),
        "fingerprint": fingerprint(text),
        "passing": any(loss.passing for loss in reading.losses),
    }


def failure(reason: str, detail: str, *, passing: bool) -> dict[str, Any]:
    """What is answered in place of sections; `passing`: it hangs on the machine and the moment, not on the document."""
    return {"reason": reason, "detail": detail, "passing": passing}


def holds(path: Path, sha256: str) -> bool:
    """Whether a file still is what was found: then that is what was read, too."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False


if __name__ == "__main__":
    main(int(sys.argv[1]))
