"""The program that reads documents one at a time, in a process of its own: paths in, sections out, a JSON line each.

    python -m tasks.parse.child SECONDS

A document that takes longer ends the process (the kernel does so, in whatever code it hangs), and so does one that
crashes a library; the parent knows by the exit status. Only JSON comes back, so a document that takes over a library
reaches no further than this process.
"""

from __future__ import annotations

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

from tasks.parse.blocks import Options, UnreadableError
from tasks.parse.language import languages
from tasks.parse.read import read
from tasks.parse.sections import cut

MEMORY = 8 << 30  # bytes of data; what asks for more is told that there is none


def main(seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    warnings.simplefilter("ignore")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not be taken for an answer
    for line in sys.stdin:
        request = json.loads(line)
        signal.alarm(seconds)
        path, sha256 = Path(request.pop("path")), request.pop("sha256")
        answer = extract(path, **request)
        if not holds(path, sha256):
            answer = {"changed": ["changed_while_reading", "was changed or removed meanwhile; run again"]}
        signal.alarm(0)
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def extract(path: Path, min_characters: int, max_characters: int) -> dict[str, Any]:
    """A document's sections and what was lost of it, or why it cannot be read."""
    try:
        reading = read(path, Options())
    except UnreadableError as error:
        return {"unreadable": [error.reason, error.detail]}
    except MemoryError:
        return {"unreadable": ["out_of_memory", f"the document needs more than {MEMORY >> 30} GB of memory; split it"]}
    pieces = list(cut(reading.blocks, min_characters, max_characters))
    told = zip(pieces, languages([piece.text for piece in pieces]), strict=True)
    return {
        "sections": [{**asdict(piece), "language": language} for piece, language in told],
        "losses": [asdict(loss) for loss in reading.losses],
    }


def holds(path: Path, sha256: str) -> bool:
    """Whether a file still is what was found: then that is what was read, too."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False


if __name__ == "__main__":
    main(int(sys.argv[1]))
