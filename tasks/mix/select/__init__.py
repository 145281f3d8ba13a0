"""Which general rows are good enough to be drawn from: one module a method, and `chosen`, which they all serve."""

from tasks.mix.select.chosen import chosen

__all__ = ["chosen"]
