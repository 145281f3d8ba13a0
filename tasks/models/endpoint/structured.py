"""How an endpoint is asked for JSON: by a schema where it takes one, by a word, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FORMS = ("json_schema", "json_object", "text")  # from the strictest to what every endpoint takes
NAMED = ("properties", "$defs")  # keywords that hold schemas by names of the author's choice


def response_format(schema: dict[str, Any]) -> dict[str, Any]:
    """The request's field; strict where the schema can be, which OpenAI wants objects without open fields for."""
    name = schema.get("title", "reply")
    if _has_open_object(schema):
        return {"type": "json_schema", "json_schema": {"name": name, "strict": False, "schema": schema}}
    return {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": _strict(schema)}}


def in_form(body: Mapping[str, Any], form: str) -> dict[str, Any]:
    """The same request with its reply's form asked for in another way."""
    if form == "json_schema":
        return dict(body)
    rest = {name: value for name, value in body.items() if name != "response_format"}
    return {**rest, "response_format": {"type": form}} if form == "json_object" else rest


def _has_open_object(node: Any) -> bool:
    """Whether an object's fields are not all named (a map)."""
    if isinstance(node, list):
        return any(map(_has_open_object, node))
    if not isinstance(node, dict):
        return False
    is_open = node.get("type") == "object" and ("properties" not in node or bool(node.get("additionalProperties")))
    return is_open or any(map(_has_open_object, node.values()))


def _strict(node: Any) -> Any:
    """Every field required, none besides, no defaults, and nothing beside a reference."""
    if isinstance(node, list):
        return [_strict(part) for part in node]
    if not isinstance(node, dict):
        return node
    strict = {
        name: {part: _strict(inner) for part, inner in value.items()} if name in NAMED else _strict(value)
        for name, value in node.items()
        if name != "default"
    }
    if node.get("type") == "object":
        strict |= {"required": list(node["properties"]), "additionalProperties": False}
    if "$ref" in strict and len(strict) > 1:
        return {"anyOf": [{"$ref": strict.pop("$ref")}], **strict}
    return strict
