"""Embeddings without a model: texts that share many short strings of characters are near."""

from __future__ import annotations

import base64
import math
import struct
import zlib
from typing import Any

DIMENSIONS = 256
LENGTHS = (1, 2, 3)  # of the character n-grams


def embed(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """A unit vector: signed counts of hashed n-grams, logarithmic so that frequent ones do not rule."""
    counts: dict[int, int] = {}
    lowered = f" {' '.join(text.lower().split())} "
    for length in LENGTHS:
        for start in range(len(lowered) - length + 1):
            name = zlib.crc32(lowered[start : start + length].encode(errors="surrogatepass"))
            counts[name] = counts.get(name, 0) + 1
    vector = [0.0] * dimensions
    for name, count in counts.items():
        sign = 1 if name & 1 else -1
        vector[(name >> 1) % dimensions] += sign * (1 + math.log(count))
    norm = math.sqrt(sum(value * value for value in vector)) or 1.0
    return [value / norm for value in vector]


def embeddings(body: dict[str, Any]) -> dict[str, Any]:
    """The reply to a request for embeddings, as lists or as the base64 of 32-bit floats."""
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    vectors: list[Any] = [embed(text, body.get("dimensions") or DIMENSIONS) for text in texts]
    if body.get("encoding_format") == "base64":
        vectors = [base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode() for vector in vectors]
    tokens = sum(map(len, texts)) // 4
    return {
        "object": "list",
        "model": body.get("model", "scripted"),
        "data": [{"object": "embedding", "index": at, "embedding": vector} for at, vector in enumerate(vectors)],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }
