"""bespokelabs-curator: an LLM with a response format; its cache is in the folder."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# the tokenizer that it counts with is fetched at the first use, unless it is looked for where litellm brings it along
litellm = find_spec("litellm")
assert litellm is not None
assert litellm.origin is not None
os.environ["TIKTOKEN_CACHE_DIR"] = str(Path(litellm.origin).with_name("litellm_core_utils") / "tokenizers")

from bespokelabs import curator  # noqa: E402
from pydantic import BaseModel  # noqa: E402


class Pair(BaseModel):
    question: str
    answer: str


class Pairs(BaseModel):
    pairs: list[Pair]


class Questioner(curator.LLM):  # type: ignore[misc]
    response_format = Pairs

    def prompt(self, input: dict[str, Any]) -> str:  # noqa: A002 (the name is the base class's)
        return str(input["prompt"])

    def parse(self, input: dict[str, Any], response: Pairs) -> list[dict[str, Any]]:  # noqa: A002
        return [{"section": input["id"], **pair.model_dump()} for pair in response.pairs]


def main() -> None:
    job = json.loads(Path("job.json").read_text(encoding="utf-8"))
    sections = [{"id": one["id"], "prompt": job["prompt"].replace("{text}", one["text"])} for one in job["sections"]]
    teacher = Questioner(
        model_name="scripted",
        response_format=Pairs,
        backend="openai",
        backend_params={
            "base_url": job["url"],
            "api_key": "none",
            "max_concurrent_requests": job["concurrency"],
            "max_requests_per_minute": 1_000_000,
            "max_tokens_per_minute": 1_000_000_000,
            "require_all_responses": False,
        },
    )
    response = teacher(sections, working_dir=str(Path("cache").absolute()))
    failed = response.failed_requests_path
    with Path("rows.jsonl").open("w", encoding="utf-8") as file:
        for row in response.dataset:
            file.write(json.dumps(row) + "\n")
    with Path("left_out.jsonl").open("w", encoding="utf-8") as file:
        for line in Path(failed).read_text(encoding="utf-8").splitlines() if failed else ():
            place = json.loads(line)["original_row_idx"]
            file.write(json.dumps({"section": sections[place]["id"], "why": "failed request"}) + "\n")


if __name__ == "__main__":
    main()
