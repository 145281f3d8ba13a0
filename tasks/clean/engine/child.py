"""A process that works on rows for `local`: asked and answered over one connection.

It ends when its standard input does, in the midst of its work too: the asking process holds the other end, and lets go
of it however it ends.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
from multiprocessing.connection import Connection

from tasks.clean.engine.made import answer


def main(descriptor: int) -> None:
    threading.Thread(target=end_with_input, daemon=True).start()
    with Connection(descriptor) as asked:
        while True:
            make, config, lines = pickle.loads(asked.recv_bytes())  # noqa: S301 - of the process that started this one
            asked.send_bytes(answer(make, config, lines))


def end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
