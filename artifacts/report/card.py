"""The model card's front matter, in the form that the Hugging Face Hub reads.

https://huggingface.co/docs/hub/model-cards#model-card-metadata
"""

from __future__ import annotations

from typing import Any

import yaml

from artifacts.report.story import LANGUAGES, Story


def front_matter(story: Story) -> str:
    """Languages, library, base model (where it has an id at a hub) and the scores, as YAML."""
    values: dict[str, Any] = {
        "language": sorted({language for _, language, _ in story.sources}),
        "library_name": "peft" if story.is_adapter and story.trained != "export" else "transformers",
        "pipeline_tag": "text-generation",
        "tags": ["graft", "closed-book-qa", *(["lora"] if story.is_adapter else []), *_training(story)],
    }
    if story.hub_id:
        values["base_model"] = story.hub_id
    if story.scores:
        values["model-index"] = [{"name": story.name, "results": [_results(story)]}]
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True).rstrip()


def _training(story: Story) -> list[str]:
    aligned = [story.manifests["align"].config.get("loss", "dpo")] if "align" in story.manifests else []
    return ["sft", *aligned]


def _results(story: Story) -> dict[str, Any]:
    recall = story.scores["recall"]["aligned"]
    metrics = [
        {
            "type": "recall",
            "name": f"held-out recall, {LANGUAGES.get(language, language)}",
            "value": _share(kinds["all"]),
        }
        for language, kinds in recall.items()
        if kinds["all"]["total"]
    ]
    return {
        "task": {"type": "text-generation", "name": "closed-book question answering"},
        "dataset": {"type": "private", "name": "held-out questions about the documents"},
        "metrics": metrics,
    }


def _share(cell: dict[str, Any]) -> float:
    return round(float(cell["right"]) / float(cell["total"]), 4)
