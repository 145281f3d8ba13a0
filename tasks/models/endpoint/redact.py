"""Keys out of all text that anybody may read: errors, logs, what is kept."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

KEY_LIKE = re.compile(r"\b(?:sk|pk|rk)-[\w*-]{6,}|Bearer\s+\S+", re.I)
LEAST_SECRET = 16  # characters; shorter "keys" are words such as EMPTY, for servers that want none
LONGEST_TEXT = 500  # characters of what an endpoint says; some answer with a whole page
# Loggers that speak of requests. A filter sees only what its own logger was given, so each is named.
LOGGERS = (
    *("graft", "openai", "openai._base_client", "openai._legacy_response", "httpx2", "hpack.hpack"),
    *(f"httpcore2.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
)

_keys: set[str] = set()  # that this process has read


def redact(text: str) -> str:
    """Text without the keys that are in use, and without what looks like one."""
    for key in _keys:
        text = text.replace(key, "[key]")
    return KEY_LIKE.sub("[key]", text)


def without_keys(completion: dict[str, Any]) -> dict[str, Any]:
    """A reply without the keys that are in use, should it echo one; what only looks like a key may be a document's."""
    text = json.dumps(completion)
    secrets = [json.dumps(key)[1:-1] for key in _keys if len(key) >= LEAST_SECRET]
    if not any(secret in text for secret in secrets):
        return completion
    for secret in secrets:
        text = text.replace(secret, "[key]")
    clean: dict[str, Any] = json.loads(text)
    return clean


def shorten(text: str) -> str:
    """What an endpoint says, without keys, on one line and no longer than needed."""
    text = " ".join(redact(text).split())
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + " ..."


def guard(key: str) -> None:
    """Keep a key out of the logs from now on."""
    if key:
        _keys.add(key)
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_filter)


class _Redacting(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if (clean := redact(text)) != text:
            record.msg, record.args = clean, ()
        if record.exc_info and not record.exc_text:
            record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
        return True


_filter = _Redacting()
