"""Which rows are compared: of those that share what duplicates share, the nearest by the deduplicator's hash."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tasks.clean.duplicates.signature import Hasher, Signature

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEAREST = 16  # rows that a row is compared with at most, so that a template of many rows takes no quadratic time
SHORT = 200  # characters, below which a changed one moves more bits than lie between two questions of one template


class Signatures:
    """Of all rows: some 50 bytes a row, and 8 more for each band of minhash."""

    def __init__(self, hashers: Sequence[Hasher]) -> None:
        self._hashers = hashers
        self._columns = {name: array("Q") for name in ("said", "shared", "fact", "proven", "finish", "size")}
        self._hashes = [bytearray() for _ in hashers]

    def add(self, signature: Signature) -> None:
        for name, values in self._columns.items():
            values.append(getattr(signature, name))
        for column, given in zip(self._hashes, signature.hashes, strict=True):
            column.extend(given)

    def __len__(self) -> int:
        return len(self._columns["said"])

    def better(self, row: int) -> tuple[int, int, int]:
        """What sorts the better row first; of two that are as good, the one that came first."""
        return -self._columns["proven"][row], -self._columns["finish"][row], row

    def groups(self, name: str, left: NDArray[Any]) -> Iterator[list[int]]:
        """The rows of those left (numbers, in order) that have one `said`, `shared` or `fact` with another."""
        import numpy

        keys = numpy.frombuffer(self._columns[name], "uint64")[left]
        order = numpy.argsort(keys, kind="stable")
        ends = numpy.flatnonzero(numpy.diff(keys[order])) + 1
        for group in numpy.split(order, ends):
            if len(group) > 1:
                yield left[group].tolist()

    def nearest(self, hasher: int, row: int, staying: array[int]) -> list[int]:
        """The rows of those that stay to compare a row with: where they are many, the operator's near ones, and of
        short rows the nearest."""
        import numpy

        if len(staying) <= NEAREST:
            return list(staying)
        others = numpy.frombuffer(staying, "int64")
        table = numpy.frombuffer(self._hashes[hasher], "uint64").reshape(len(self), -1)
        far, near = self._hashers[hasher].near(table[others], table[row])
        sizes = numpy.frombuffer(self._columns["size"], "uint64")
        near |= numpy.minimum(sizes[others], sizes[row]) < SHORT
        order = numpy.flatnonzero(near)
        if len(order) > NEAREST:
            order = numpy.sort(order[numpy.argpartition(far[order], NEAREST)[:NEAREST]])
        return [int(other) for other in others[order]]
