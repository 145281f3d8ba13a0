"""distilabel: a pipeline of one task, its batches as large as what may be in flight; its cache is in the folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import Task


class Questioner(Task):  # type: ignore[misc]
    @property
    def inputs(self) -> list[str]:
        return ["prompt"]

    @property
    def outputs(self) -> list[str]:
        return ["pairs", "model_name"]

    def format_input(self, input: dict[str, Any]) -> list[dict[str, str]]:  # noqa: A002 (the base class's names)
        return [{"role": "user", "content": input["prompt"]}]

    def format_output(self, output: str | None, input: dict[str, Any] | None = None) -> dict[str, Any]:  # noqa: A002
        return {"pairs": json.dumps(json.loads(output or "")["pairs"])}


def main() -> None:
    job = json.loads(Path("job.json").read_text(encoding="utf-8"))
    sections = [{"id": one["id"], "prompt": job["prompt"].replace("{text}", one["text"])} for one in job["sections"]]
    with Pipeline(name="questions", cache_dir="cache") as pipeline:
        load = LoadDataFromDicts(data=sections, batch_size=job["concurrency"])
        teacher = OpenAILLM(
            model="scripted", base_url=job["url"], api_key="none", generation_kwargs={"max_new_tokens": 4096}
        )
        ask = Questioner(llm=teacher, input_batch_size=job["concurrency"])
        load >> ask
    made = pipeline.run(use_cache=True)["default"]["train"]
    Path("left_out.jsonl").touch()  # a reply that can't be read leaves an empty cell, without a reason
    with Path("rows.jsonl").open("w", encoding="utf-8") as file:
        for row in made:
            for pair in json.loads(row["pairs"]) if row["pairs"] else ():
                file.write(json.dumps({"section": row["id"], **pair}) + "\n")


if __name__ == "__main__":
    main()
