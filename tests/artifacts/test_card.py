from __future__ import annotations

from typing import Any

import yaml

from artifacts.report import write_report
from artifacts.stage import Work
from artifacts.store import Store
from tests.artifacts.finished import FILES, run_of, tuned


def card(store: Store, **options: Any) -> tuple[dict[str, Any], str]:
    """The front matter and the text of a run's model card."""
    (path,) = [path for path in write_report(run_of(store, **options)) if path.name == "model-card.md"]
    _, front, text = path.read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(front), text


def test_the_front_matter_is_what_the_hub_reads(store: Store) -> None:
    front, _ = card(store)
    assert front["language"] == ["en", "zh"]
    assert front["library_name"] == "transformers"
    assert front["pipeline_tag"] == "text-generation"
    assert {"lora", "sft", "dpo"} <= set(front["tags"])
    assert "base_model" not in front  # a folder is no id that a hub knows
    (results,) = front["model-index"][0]["results"]
    assert results["metrics"][0] == {"type": "recall", "name": "held-out recall, all", "value": 0.9167}


def test_a_base_model_of_a_hub_is_named(store: Store) -> None:
    def from_hub(work: Work[Any]) -> None:
        tuned(work)
        work.models["base"] = "Qwen/Qwen3-0.6B Qwen/Qwen3-0.6B@main"

    front, text = card(store, broken={"sft": from_hub}, until="align")
    assert front["base_model"] == "Qwen/Qwen3-0.6B"
    assert front["library_name"] == "peft"
    assert "PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(" in text


def test_the_card_says_what_went_in_and_how_to_load_it(store: Store) -> None:
    _, text = card(store)
    assert all(name in text for name in FILES)
    assert "rules made the questions from the structure" in text
    assert "| teacher | offline |" in text
    assert "| general | en | 1,300 |" in text
    assert "lora, 100 steps, 6.0 epochs" in text
    assert "This model is a toy" in text
    assert "/merged" in text
    assert "seed: 0" in text
    assert "torch 2." in text


def test_a_card_without_an_evaluation_claims_nothing(store: Store) -> None:
    front, text = card(store, until="sft")
    assert "model-index" not in front
    assert "dpo" not in front["tags"]
    assert "nothing shows what this model learned" in text
