"""data-juicer's operators and their parameters, read from its source: importing it takes seconds, this takes none."""

from __future__ import annotations

import ast
import json
import re
import typing
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, ForwardRef, NamedTuple

import pydantic
from pydantic import Field, ValidationError

DEDUPLICATORS = ("document_simhash_deduplicator", "document_minhash_deduplicator")
# Every filter takes these.
INTERVAL = {"min_closed_interval": True, "max_closed_interval": True, "reversed_range": False}
OTHER_MEDIA = ("audio_", "image_", "imgdiff_", "video_")
STATISTIC = re.compile(r"\bStatsKeys\.(\w+)")
RUN_CODE = ("python_file_mapper", "python_lambda_mapper")
MEASURES = ("_len", "_num", "_ratio")  # what ends so can't be negative, though data-juicer's annotations don't say so
BELOW = {"hamming_distance": "num_blocks"}  # simhash finds nothing else: its documentation says so, nothing checks it
# What the annotations of data-juicer's constructors name; one that names anything else allows any value.
TYPES = {
    **{name: getattr(typing, name) for name in ("Any", "Callable", "Dict", "List", "Literal", "Optional", "Tuple")},
    **{
        f"{sign}{kind}": getattr(pydantic, f"{sign}{kind}")
        for sign in ("NonNegative", "Positive")
        for kind in ("Float", "Int")
    },
    "Annotated": Annotated,
    "Field": Field,
    "Union": typing.Union,
    "ClosedUnitInterval": Annotated[float, Field(ge=0, le=1)],
}


class Parameter(NamedTuple):
    """A parameter of an operator's constructor."""

    annotation: str
    default: Any  # None too where it is no plain value
    choices: tuple[str, ...] = ()  # outside of which the constructor, or the work itself, raises


def mistake(name: str, parameters: Mapping[str, Any], ours: tuple[str, ...] = ()) -> str | None:
    """What is wrong with an operator's name, parameters or values, naming the nearest that exist; None when right.

    `ours` are the parameters that this project adds.
    """
    sources = _sources()
    if name in RUN_CODE:
        return f"{name} runs Python code from the configuration, which is not allowed; write it as a stage's code"
    if name not in sources:
        return f"data-juicer has no filter, mapper or deduplicator {name!r} for rows of text{_nearest(name, sources)}"
    if (known := _parameters(sources[name])) is None:
        return None
    for parameter in parameters:
        if parameter not in known:
            names = [*known, *ours]
            takes = ", ".join(names) or "none"
            return f"{name} has no parameter {parameter!r}{_nearest(parameter, names)}; it takes: {takes}"
    wrong = (_wrong_value(parameter, known[parameter], value) for parameter, value in parameters.items())
    said = next((each for each in (*wrong, *_out_of_order(parameters, known)) if each), None)
    return said and f"{name}: {said}"


def values(name: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What an operator works with: data-juicer's defaults, and what the configuration says."""
    known = _parameters(_sources()[name]) or {}
    return {parameter: each.default for parameter, each in known.items()} | dict(parameters)


@cache
def statistics(name: str) -> tuple[str, ...]:
    """What a filter may write down of a row: its source names each as `StatsKeys.text_len`."""
    nodes = ast.walk(ast.parse(_sources()[name].read_text(encoding="utf-8")))
    attributes = (node for node in nodes if isinstance(node, ast.Attribute))
    found = (node.attr for node in attributes if isinstance(node.value, ast.Name) and node.value.id == "StatsKeys")
    return tuple(dict.fromkeys(found))


def _nearest(name: str, known: object) -> str:
    found = get_close_matches(name, list(known), n=3, cutoff=0.5)  # type: ignore[call-overload]
    return f"; nearest: {', '.join(found)}" if found else ""


def _wrong_value(name: str, parameter: Parameter, value: Any) -> str | None:
    if value is None and parameter.default is None:
        return None
    try:
        _kind(parameter.annotation).model_validate_json(json.dumps({"value": value}, default=str), strict=True)
    except ValidationError as error:
        return f"{name}: {error.errors()[0]['msg'].lower()}, not {value!r}"
    if parameter.choices and value and str(value).lower() not in map(str.lower, parameter.choices):
        return f"{name}: {value!r} is none of {', '.join(parameter.choices)}"
    if "pattern" in name and (wrong := _unreadable(value)):
        return f"{name}: {value!r} is no regular expression: {wrong}"
    if name.endswith(MEASURES) and isinstance(value, int | float) and value < 0:
        return f"{name}: {value} is below 0, and nothing that it is compared with is"
    return None


def _unreadable(value: Any) -> str | None:
    """What is wrong with a pattern, or with one of several; data-juicer reads them by `regex`."""
    import regex

    try:
        for pattern in value if isinstance(value, list) else [value]:
            if isinstance(pattern, str):
                regex.compile(pattern)
    except regex.error as error:
        return str(error)
    return None


@cache
def _kind(annotation: str) -> type[pydantic.BaseModel]:
    """A model with the field `value`, of a type as data-juicer's source writes it."""
    written: Any = ForwardRef(annotation)
    kind = pydantic.create_model("Value", value=(written, ...))
    kind.model_rebuild(raise_errors=False, _types_namespace=TYPES)
    return kind if kind.__pydantic_complete__ else pydantic.create_model("Value", value=(Any, ...))


def _out_of_order(parameters: Mapping[str, Any], known: Mapping[str, Parameter]) -> Iterator[str]:
    """Limits the wrong way round."""
    given = {name: each.default for name, each in known.items()} | dict(parameters)
    for low, value in given.items():
        high = low.replace("min_", "max_", 1)
        limits = [each for each in (value, given.get(high)) if isinstance(each, int | float)]
        if high != low and limits != sorted(limits):
            yield f"{low} {value} is above {high} {given[high]}"
    for low, high in BELOW.items():
        if low in given and given[low] >= given[high]:
            yield f"{low} {given[low]} must be below {high} {given[high]}"


@cache
def _sources() -> dict[str, Path]:
    """The file of each operator: data-juicer names its files for the operators in them."""
    spec = find_spec("data_juicer")
    if spec is None or not spec.submodule_search_locations:
        raise ValueError("data-juicer is not installed; install the project's dependencies again")
    folder = Path(spec.submodule_search_locations[0]) / "ops"
    files = [path for kind in ("filter", "mapper") for path in sorted((folder / kind).glob(f"*_{kind}.py"))]
    files += [folder / "deduplicator" / f"{name}.py" for name in DEDUPLICATORS]
    return {path.stem: path for path in files if not path.name.startswith(OTHER_MEDIA)}


@cache
def _parameters(source: Path) -> dict[str, Parameter] | None:
    """The parameters of the operator's constructor; None where it inherits them from another file."""
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.ClassDef) or not any(_registers(decorator) for decorator in node.decorator_list):
            continue
        for method in node.body:
            if isinstance(method, ast.FunctionDef) and method.name == "__init__":
                interval = INTERVAL if source.stem.endswith("_filter") else {}
                more = {name: Parameter("bool", default) for name, default in interval.items()}
                return dict(_signature(method, _choices(node))) | more
    return None


def _registers(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and getattr(decorator.func, "attr", "") == "register_module"


def _signature(method: ast.FunctionDef, choices: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, Parameter]]:
    named = method.args.args[1:]
    missing = [None] * (len(named) - len(method.args.defaults))
    defaults = [*missing, *method.args.defaults, *method.args.kw_defaults]
    for argument, default in zip((*named, *method.args.kwonlyargs), defaults, strict=True):
        annotation = ast.unparse(argument.annotation) if argument.annotation else "Any"
        yield argument.arg, Parameter(annotation, _plain(default), choices.get(argument.arg, ()))


def _plain(default: ast.expr | None) -> Any:
    try:
        return None if default is None else ast.literal_eval(default)
    except ValueError:  # sys.maxsize, a name of the module
        return None


def _choices(operator: ast.ClassDef) -> dict[str, tuple[str, ...]]:
    """The texts that a parameter may have where the source ends in an exception for any other.

    It says so in two ways: `if x not in ["a", "b"]: raise`, and `if x == "a": ... elif x == "b": ... else: raise`.
    """
    found: dict[str, tuple[str, ...]] = {}
    for node in ast.walk(operator):  # the first `if` of a chain comes before the `elif`s, which know fewer
        if not isinstance(node, ast.If) or not isinstance(node.test, ast.Compare):
            continue
        if isinstance(node.test.ops[0], ast.NotIn) and isinstance(node.body[0], ast.Raise):
            found.setdefault(_compared(node.test), tuple(_texts(node.test.comparators[0])))
        elif isinstance(node.test.ops[0], ast.Eq) and (texts := tuple(_chain(node, _compared(node.test)))):
            found.setdefault(_compared(node.test), texts)
    return found


def _compared(test: ast.Compare) -> str:
    """The parameter on the left of a comparison: `x`, `self.x` or `x.upper()`."""
    left = test.left
    if isinstance(left, ast.Call) and isinstance(left.func, ast.Attribute):
        left = left.func.value
    return left.attr if isinstance(left, ast.Attribute) else ast.unparse(left)


def _texts(node: ast.expr) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value


def _chain(node: ast.If, name: str) -> Iterator[str]:
    """The texts of a chain of comparisons with one parameter; none unless anything else raises."""
    texts: list[str] = []
    rest: list[ast.stmt] = [node]
    while isinstance(rest[0], ast.If) and isinstance(rest[0].test, ast.Compare) and _compared(rest[0].test) == name:
        texts += _texts(rest[0].test.comparators[0])
        rest = rest[0].orelse or [ast.Pass()]
    if isinstance(rest[0], ast.Raise):
        yield from texts
