"""A process that works on rows for `local`: asked and answered over one connection, until that closes."""

from __future__ import annotations

import pickle
import sys
from contextlib import suppress
from multiprocessing.connection import Connection

from tasks.clean.engine.made import answer


def main(descriptor: int) -> None:
    with Connection(descriptor) as asked, suppress(EOFError, ConnectionError):
        while True:  # until the asking process closes its end, which also happens when it is killed
            make, config, lines = pickle.loads(asked.recv_bytes())  # noqa: S301 - of the process that started this one
            asked.send_bytes(answer(make, config, lines))


if __name__ == "__main__":
    main(int(sys.argv[1]))
