"""How much a reader of rows takes, as the dials of a pass have it."""

from typing import NamedTuple


class Sizes(NamedTuple):
    max_length: int
    batch_size: int
