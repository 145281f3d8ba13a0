"""The form that a request wants its reply in, and values put into that form."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from tasks.models.scripted.script import Request

Schema = dict[str, Any]


def wanted(request: Request) -> Schema:
    """The JSON schema of `response_format`, else that of the example in the system prompt's last line, else {}."""
    described = (request.body.get("response_format") or {}).get("json_schema") or {}
    if described.get("schema"):
        return dict(described["schema"])
    for message in request.messages:
        if message["role"] == "system":
            with contextlib.suppress(ValueError):
                return _like(json.loads(message["content"].strip().splitlines()[-1]))
    return {}


def _like(example: Any) -> Schema:
    match example:
        case dict():
            return {"type": "object", "properties": {name: _like(value) for name, value in example.items()}}
        case list():
            return {"type": "array", "items": _like(example[0]) if example else {"type": "string"}}
        case bool():
            return {"type": "boolean"}
        case int() | float():
            return {"type": "number"}
    return {"type": "string"}


class Filler:
    """Puts values into the shape of one schema.

    What a schema asks for by name is taken from the material; a string that it does not hold is its claim, so that
    forms nobody thought of are filled with what stands in the text.
    """

    def __init__(self, root: Schema) -> None:
        self._root = root

    def fill(self, schema: Schema, value: Any, material: dict[str, Any]) -> Any:
        schema = self._resolve(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            possible = schema["enum"]  # of several items each has another
            return value if value in possible else possible[(material.get("fact", 1) - 1) % len(possible)]
        match schema.get("type"):
            case "object":
                source = value if isinstance(value, dict) else material
                parts: dict[str, Schema] = schema.get("properties", {})
                return {name: self.fill(part, source.get(name), material) for name, part in parts.items()}
            case "array":
                values = value if isinstance(value, list) else [value]
                inner = schema.get("items", {"type": "string"})
                return [
                    self.fill(inner, each, each if isinstance(each, dict) and "claim" in each else material)
                    for each in values
                ]
            case "integer" | "number":
                return value if isinstance(value, int | float) else material.get("fact", 0)
            case "boolean":
                return value if isinstance(value, bool) else True
            case "null":
                return None
        if isinstance(value, list):
            return str(value[0]) if value else ""
        return str(material.get("claim", "") if value is None else value)

    def _resolve(self, schema: Schema) -> Schema:
        """Follow references; of several possible forms, take the first that is not null."""
        while True:
            if "$ref" in schema:
                found: Any = self._root
                for name in schema["$ref"].removeprefix("#/").split("/"):
                    found = found[name]
                schema = found
            elif forms := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
                schema = next((form for form in forms if form.get("type") != "null"), forms[0])
            else:
                return schema
