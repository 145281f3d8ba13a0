"""A process that works on rows for `local`: asked and answered in pickles over one connection, until that closes."""

from __future__ import annotations

import pickle
import sys
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection

from tasks.clean.engine.made import work_on


def main(descriptor: int) -> None:
    with Connection(descriptor) as asked, suppress(EOFError, ConnectionError):
        while True:  # until the asking process closes its end, which also happens when it is killed
            asked.send_bytes(answer(asked.recv_bytes()))


def answer(request: bytes) -> bytes:
    """What the work made of the rows, or the exception that it raised."""
    try:
        make, config, lines = pickle.loads(request)  # noqa: S301 - of the process that started this one
        return pickle.dumps(work_on(make, config, lines))
    except Exception as error:
        error.add_note(f"in a process of clean:\n{traceback.format_exc()}")
        try:
            return _checked(pickle.dumps(error))
        except Exception:  # one that pickle can't make again
            return pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}\n{traceback.format_exc()}"))


def _checked(pickled: bytes) -> bytes:
    pickle.loads(pickled)  # noqa: S301
    return pickled


if __name__ == "__main__":
    main(int(sys.argv[1]))
