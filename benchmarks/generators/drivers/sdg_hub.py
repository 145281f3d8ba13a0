"""sdg-hub: a flow of its own blocks with one request a section, and a checkpoint after each full load of requests."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import yaml
from sdg_hub import Flow


def flow(prompt: str) -> list[dict[str, object]]:
    Path("prompt.yaml").write_text(
        yaml.safe_dump([{"role": "user", "content": prompt.replace("{text}", "{{text}}")}]), encoding="utf-8"
    )
    return [
        _block("PromptBuilderBlock", "ask", ["text"], "messages", prompt_config_path="prompt.yaml"),
        _block("LLMChatBlock", "chat", "messages", "replies", async_mode=True),
        _block("LLMResponseExtractorBlock", "extract", "replies", None, extract_content=True, expand_lists=True),
        _block("JSONParserBlock", "parse", "extract_content", ["pairs"]),
    ]


def _block(kind: str, name: str, takes: object, gives: object, **dials: object) -> dict[str, object]:
    columns = {"input_cols": takes} | ({"output_cols": gives} if gives else {})
    return {"block_type": kind, "block_config": {"block_name": name, **columns, **dials}}


def main() -> None:
    job = json.loads(Path("job.json").read_text(encoding="utf-8"))
    about = {"name": "Questions", "id": "questions-1", "version": "1.0.0"}
    Path("flow.yaml").write_text(yaml.safe_dump({"metadata": about, "blocks": flow(job["prompt"])}), encoding="utf-8")
    pipeline = Flow.from_yaml("flow.yaml")
    pipeline.set_model_config(model="openai/scripted", api_base=job["url"], api_key="none")
    made = pipeline.generate(
        pd.DataFrame(job["sections"]),
        checkpoint_dir="checkpoints",
        save_freq=job["concurrency"],
        max_concurrency=job["concurrency"],
    )
    Path("left_out.jsonl").touch()  # a reply that can't be read leaves an empty cell, without a reason
    with Path("rows.jsonl").open("w", encoding="utf-8") as file:
        for row in made.to_dict("records"):
            for pair in row["pairs"] if isinstance(row.get("pairs"), list) else ():
                file.write(json.dumps({"section": row["id"], **pair}) + "\n")


if __name__ == "__main__":
    main()
