"""From the text of a teacher's reply to its items: strict where the reply is, forgiving where it can be."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, create_model, model_validator

from artifacts.records import encodable

REASONING = re.compile(r"^.*</think(?:ing)?>", re.S)  # also where the opening mark stood in the prompt
FENCED = re.compile(r"```(?:json)?\s*\n(.*?)```", re.S)


class Item(BaseModel):
    """One entry of a reply. Every reply is a JSON object with the list `items`."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True, str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _forgive(cls, item: Any) -> Any:
        """Where no schema binds it, a teacher leaves out what is empty, adds a field, or gives one quote for a list."""
        if not isinstance(item, dict):
            return item
        item = {name: item[name] for name in cls.model_fields if item.get(name) is not None}
        for name, info in cls.model_fields.items():
            if info.annotation == list[str]:
                given = item.get(name)
                item[name] = [given] if isinstance(given, str) else given or []
        return item


I = TypeVar("I", bound=Item)  # noqa: E741


class BadReplyError(Exception):
    """A reply that holds no list of items; the text is what the teacher is told."""


@cache
def schema_of(prompt: str, kind: type[Item]) -> dict[str, Any]:
    """The JSON schema of a reply to a prompt; its title names the prompt ("FactsReply")."""
    title = "".join(part.capitalize() for part in prompt.split("_")) + "Reply"
    return create_model(title, __base__=Item, items=(list[kind], ...)).model_json_schema()  # type: ignore[valid-type]


def read_items(text: str, kind: type[I]) -> tuple[list[I], list[tuple[dict[str, Any], str]]]:
    """The items of a reply, and those that are malformed, each with what is wrong with it."""
    value = encodable(_json(text))  # its escapes may spell what is no character
    items = value.get("items") if isinstance(value, Mapping) else value
    if not isinstance(items, list):
        raise BadReplyError('it is not JSON of the form {"items": [...]}')
    good: list[I] = []
    bad: list[tuple[dict[str, Any], str]] = []
    for item in items:
        try:
            good.append(kind.model_validate(item))
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors())
            bad.append((item if isinstance(item, dict) else {"item": item}, wrong))
    if bad and not good:
        raise BadReplyError(f"no item is complete ({bad[0][1]})")
    return good, bad


def _json(text: str) -> Any:
    """The JSON of a reply: as it is, else without reasoning and fences, else repaired."""
    text = REASONING.sub("", text).strip()
    try:
        return json.loads(text)
    except ValueError:
        pass
    if fenced := FENCED.search(text):
        text = fenced.group(1)
    start = re.search(r"[\[{]", text)
    if start is None:
        return None
    import json_repair

    return json_repair.loads(text[start.start() :])


def salvage(text: str, kind: type[I]) -> list[I]:
    """The complete items of a reply that was cut off; the last one that shows may lack its end, and is left out."""
    try:
        value = encodable(_json(text))
    except (ValueError, RecursionError):
        return []
    items = value.get("items") if isinstance(value, Mapping) else value
    good = []
    for item in items[:-1] if isinstance(items, list) else ():
        with contextlib.suppress(ValidationError):
            good.append(kind.model_validate(item))
    return good
