"""Scripts of teachers that answer each prompt with items of the test's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tasks.models.scripted import Request

Items = list[dict[str, Any]]


def prompt_of(request: Request) -> str:
    """The name of the prompt that a request asks by: "FactsReply" in its schema is `facts`."""
    title: str = request.body["response_format"]["json_schema"]["schema"]["title"]
    return title.removesuffix("Reply").lower()


def by_prompt(**items: Items | Callable[[Request], Items]) -> Callable[[Request], str]:
    """A script that gives each prompt its items; one that is not named gets none."""

    def script(request: Request) -> str:
        found = items.get(prompt_of(request), [])
        return json.dumps({"items": found(request) if callable(found) else found}, ensure_ascii=False)

    return script
