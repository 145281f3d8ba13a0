"""From the text of a teacher's reply to its items: strict where the reply is, forgiving where it can be."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, create_model, model_validator

from artifacts.records import encodable

REASONING = re.compile(r"^.*</think(?:ing)?>", re.S)  # also where the opening mark stood in the prompt
ITEMS = re.compile(r"\{\s*[\"']?items[\"']?\s*:")
LONGEST_REPAIRED = 30_000  # characters: on what is no JSON at all, repairing takes time by the square
DEEPEST = 20  # lists and objects within one another: no form of ours goes down half as far
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
    items = _listed(_json(text), kind)
    if items is None:
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
    """The JSON of a reply: as it is, else without reasoning and fences, else repaired; None where there is none."""
    if (value := _parsed(text)) is not None:
        return value
    text = REASONING.sub("", text).strip()
    if text.startswith(("<think>", "<thinking>")):  # it never came to an end
        return None
    for fenced in sorted(FENCED.findall(text), key=len, reverse=True):
        if (value := _parsed(fenced)) is not None:
            return value
    start = ITEMS.search(text) or re.search(r"[\[{]", text)
    if start is None or len(text) > LONGEST_REPAIRED:
        return None
    import json_repair

    with contextlib.suppress(ValueError, RecursionError):
        return _plain(json_repair.loads(text[start.start() :].split("```")[0]))
    return None


def _parsed(text: str) -> Any:
    """Strict JSON, or None."""
    with contextlib.suppress(ValueError, RecursionError):
        return _plain(json.loads(text))
    return None


def _plain(value: Any) -> Any:
    """JSON that any reader takes: NaN, infinity and half of a surrogate pair are no values, nor is a bottomless one."""
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _within(outer)]
    return None if level else json.loads(json.dumps(encodable(value)), parse_constant=lambda _: None)


def _within(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _listed(value: Any, kind: type[Item]) -> list[Any] | None:
    """The items of a reply's JSON: under their name, as a list without it, under another name, or one by itself."""
    if isinstance(value, list):
        return value
    if not isinstance(value, Mapping):
        return None
    if "items" in value:
        items = value["items"]
        return [items] if isinstance(items, dict) else items if isinstance(items, list) else None
    if sum(name in value for name in kind.model_fields) > 1:
        return [value]
    (inner,) = value.values() if len(value) == 1 else (None,)
    if isinstance(inner, dict):
        inner = inner.get("items")
    return inner if isinstance(inner, list) and inner else None


def broken_off(text: str) -> bool:
    """Whether JSON ends within an item: repaired, half of a sentence would pass for a whole one."""
    text = REASONING.sub("", text).rstrip().removesuffix("```").rstrip()
    return not text.endswith(("}", "]")) and text.count("{") > text.count("}")


def salvage(text: str, kind: type[I]) -> list[I]:
    """The complete items of a reply that was cut off; the last one that shows may lack its end, and is left out."""
    items = _listed(_json(text), kind) or []
    good = []
    for item in items[:-1]:
        with contextlib.suppress(ValidationError):
            good.append(kind.model_validate(item))
    return good
