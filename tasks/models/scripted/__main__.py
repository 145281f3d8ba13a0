"""Serve a teacher that makes questions by rule, without a model, and that does wrong what endpoints do wrong."""

from __future__ import annotations

import argparse
import contextlib
from dataclasses import fields

from tasks.models.scripted import Batching, Faults, ScriptedEndpoint, teach_by_rule


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tasks.models.scripted", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--latency", type=_latency, default=0.0, help="seconds, or a range: 0.2-0.5")
    parser.add_argument("--refuses", choices=("nothing", "json_schema", "response_format"), default="nothing")
    parser.add_argument("--no-usage", dest="usage", action="store_false", help="leave out the count of tokens")
    parser.add_argument("--model", default="scripted", help="name that /v1/models gives")
    faults = parser.add_argument_group("faults", "shares of the requests, from 0 to 1, and how each fault is")
    batching = parser.add_argument_group(
        "batches", "seconds that each takes, how many of the first expire or fail, and requests that one may have"
    )
    for group, dials, prefix in ((faults, Faults, ""), (batching, Batching, "batch-")):
        for dial in fields(dials):
            flag = f"--{prefix}{dial.name.replace('_', '-')}"
            kind = type(dial.default)
            group.add_argument(flag, dest=prefix + dial.name, type=kind, default=dial.default, metavar=kind.__name__)
    given = vars(parser.parse_args())
    try:
        mixed = Faults(**{dial.name: given[dial.name] for dial in fields(Faults)})
    except ValueError as error:
        parser.error(str(error))
    try:
        endpoint = ScriptedEndpoint(
            teach_by_rule,
            port=given["port"],
            latency=given["latency"],
            refuses=given["refuses"],
            usage=given["usage"],
            model=given["model"],
            faults=mixed,
            batching=Batching(**{dial.name: given["batch-" + dial.name] for dial in fields(Batching)}),
            keep_requests=False,
        )
    except OSError as error:
        parser.exit(1, f"port {given['port']} can't be listened at: {error.strerror}; give another --port\n")
    print(  # noqa: T201
        f"generate.teacher: {{kind: openai, base_url: {endpoint.url}, model: {given['model']}, api_key_env: null}}",
        flush=True,
    )
    with contextlib.suppress(KeyboardInterrupt):
        endpoint.serve_forever()


def _latency(text: str) -> float | tuple[float, float]:
    least, _, most = text.partition("-")
    return (float(least), float(most)) if most else float(least)


if __name__ == "__main__":
    main()
