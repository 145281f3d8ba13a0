"""What is wrong with a configuration, told so that it can be put right: where, what was given, what is allowed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

SECRET_NAME = re.compile(
    r"(^|_)(api_?key|secret(_?key)?|password|passwd|access_?key|(auth|access|api|hf)_?token)$", re.I
)
SECRET_VALUE = re.compile(
    r"\b(sk|pk|rk)-[\w-]{12,}|\bhf_\w{20,}|\bgh[pousr]_\w{20,}|\bAKIA[A-Z0-9]{16}|\bBearer\s+\S{12,}|://[^/\s:@]+:[^/\s@]+@"
)
MAY_BE_SECRET = ("api_key_env", "base_url")  # where keys and passwords are put by mistake

SHAPES = {  # pydantic's words -> ours
    **dict.fromkeys(("int_type", "int_parsing"), "must be a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "must be a number"),
    **dict.fromkeys(("tuple_type", "list_type"), "must be a list, such as [first, second]"),
    **dict.fromkeys(
        ("dict_type", "model_type", "model_attributes_type"), "must be keys with values, such as {key: value}"
    ),
}
BOUNDS = {  # pydantic's name of a bound, in its findings' context -> ours
    "ge": "must be at least",
    "gt": "must be more than",
    "le": "must be at most",
    "lt": "must be less than",
}
CHOOSERS = ("kind", "method")  # the keys that choose between the members of a union
FOLLOWS = "default_factory_not_called"  # pydantic's word for a default that hangs on a value that is wrong itself


class ConfigError(Exception):
    """The configuration can't be used; each mistake on a line of its own."""

    def __init__(self, where: Path | str, mistakes: list[str]) -> None:
        self.mistakes = mistakes
        super().__init__("\n".join(f"{where}: {mistake}" for mistake in mistakes))


def find_secrets(value: Any, name: str = "") -> list[str]:
    """A mistake for each key or password that stands in the values; never with the secret itself in it."""
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in find_secrets(inner, f"{name}.{key}".lstrip("."))]
    if isinstance(value, list):
        return [found for inner in value for found in find_secrets(inner, name)]
    if not isinstance(value, str) or not value:
        return []
    if SECRET_NAME.search(name.rpartition(".")[2]) or SECRET_VALUE.search(value):
        return [
            f"{name}: holds a secret, and secrets don't belong in a file that is shared and stored; put it in an "
            "environment variable and name that variable (api_key_env: OPENAI_API_KEY)"
        ]
    return []


def describe(error: ValidationError, model: type[BaseModel], lines: Mapping[str, str]) -> list[str]:
    """One line for each of pydantic's findings; `lines` says where a key stands."""
    told = (found for found in error.errors(include_url=False) if found["type"] != FOLLOWS)
    return [_mistake(found, model, lines) for found in told]


def _mistake(found: Mapping[str, Any], model: type[BaseModel], lines: Mapping[str, str]) -> str:
    unknown = found["type"] == "extra_forbidden"
    *above, last = found["loc"] or ("",)
    location, models = _follow(model, above if unknown else found["loc"])
    if unknown:
        location = (*location, str(last))
    name = ".".join(location)
    given, context = found["input"], found.get("ctx", {})
    if "discriminator" in context:  # what chooses between the members of a union is wrong, and not the whole
        chooser = context["discriminator"].strip("'")
        location, given = (*location, chooser), context.get("tag")
        name = ".".join(location)
    line = _line(location, lines)
    where = f"{line}: {name}" if line else name or "the file"
    if unknown:
        known = sorted({key for kind in models for key in kind.model_fields})
        return f"{where}: no such key{_nearest(location[-1], known)} Known here: {', '.join(known)}"
    if found["type"] in ("missing", "union_tag_not_found"):
        return f"{where}: must be given"
    if found["type"] in ("literal_error", "enum", "union_tag_invalid"):
        return f"{where}: {not_allowed(given, str(context.get('expected') or context['expected_tags']))}"
    bound = next((f"{said} {context[name]}" for name, said in BOUNDS.items() if name in context), found["msg"])
    text = str(context["error"]) if "error" in context else SHAPES.get(found["type"], bound)
    return f"{where}: {text}{_brief(given, str(last))}"


def _brief(given: Any, key: str) -> str:
    """What was given, unless it may hold a secret."""
    if key in MAY_BE_SECRET or isinstance(given, dict | list):
        return ""
    text = repr(given)
    return f" (given: {text})" if len(text) <= 80 else f" (given: {text[:80]} ...)"


def not_allowed(given: Any, allowed: str) -> str:
    """`allowed` has each word in quotation marks, as pydantic and typer tell them."""
    nearest = _nearest(str(given), re.findall(r"'([^']*)'", allowed))
    return f"{given!r} is not allowed{nearest} Allowed: {allowed}"


def _nearest(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else "."


def _line(location: tuple[str, ...], lines: Mapping[str, str]) -> str | None:
    """Where the key stands, or the nearest one above it that stands in the file; and that --set gave parts of it."""
    for length in range(len(location), 0, -1):
        name = ".".join(location[:length])
        if (line := lines.get(name)) is not None:
            given = any(key.startswith(f"{name}.") and place == "--set" for key, place in lines.items())
            return f"{line} and --set" if given and length == len(location) else line
    return None


def _follow(model: type[BaseModel], location: Iterable[str | int]) -> tuple[tuple[str, ...], set[type[BaseModel]]]:
    """A place as the file has it, and the models that may stand there, all members of a union together.

    Pydantic's own location also holds the tags of unions, which are no keys: they are left out.
    """
    models, place = {model}, []
    for step in location:
        fields = [kind.model_fields[step].annotation for kind in models if step in kind.model_fields]
        if fields or isinstance(step, int):
            place.append(str(step))
        elif tagged := {kind for kind in models if _tag(kind) == step}:
            models = tagged
            continue
        models = {inner for annotation in fields for inner in _models(annotation)} or models
    return tuple(place), models


def _tag(model: type[BaseModel]) -> Any:
    """What tells a member of a union from the others."""
    return next((model.model_fields[name].default for name in CHOOSERS if name in model.model_fields), None)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
