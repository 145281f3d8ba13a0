"""The merged model is the base with its adapter: measured, not assumed."""

from __future__ import annotations

from pathlib import Path

import pytest

from artifacts.stage import StageError
from tasks.export.config import ExportConfig
from tasks.export.merge import differences, logits_of
from tasks.export.task import make
from tasks.models.config import ModelConfig
from tasks.models.local import answer, as_prompt, load_model, load_tokenizer
from tests.handmade import tuned_model, work_for


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("method", ["lora", "full"])
def test_the_merged_model_answers_like_base_and_adapter(
    tiny_model: ModelConfig, tmp_path: Path, method: str, dtype: str
) -> None:
    model = tiny_model.model_copy(update={"dtype": dtype})
    aligned = tuned_model(model, tmp_path / "align", method)
    work = work_for(ExportConfig(), tmp_path, align=aligned)
    make(work)
    assert work.facts["relative_difference"] <= work.facts["tolerance"]
    merged = ModelConfig(path=str(work.out / "merged"), dtype=model.dtype)
    given = logits_of(load_model(merged), merged)
    both, base = (logits_of(load_model(model, path), model) for path in (aligned / "adapter", None))
    assert differences(both, given)["max_difference"] == work.facts["max_difference"]
    assert differences(base, given)["relative_difference"] > 0.1  # the adapter is in it
    assert answer(load_model(merged), load_tokenizer(merged), [as_prompt("你好")], max_new_tokens=4)


def test_the_folder_is_safe_and_whole(tiny_model: ModelConfig, tmp_path: Path) -> None:
    work = work_for(ExportConfig(), tmp_path, align=tuned_model(tiny_model, tmp_path / "align"))
    make(work)
    names = {path.name for path in (work.out / "merged").iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "chat_template.jinja"} <= names
    assert not any(name.endswith((".bin", ".pt", ".pkl", ".py")) for name in names)
    assert not any("adapter" in name for name in names)
    texts = [path.read_text(encoding="utf-8") for path in (work.out / "merged").glob("*.json")]
    assert not any(str(tmp_path) in text or str(tiny_model.path) in text for text in texts)


def test_a_merge_that_changes_the_model_is_refused(tiny_model: ModelConfig, tmp_path: Path) -> None:
    coarse = tiny_model.model_copy(
        update={"dtype": "bfloat16"}
    )  # merged weights are rounded, so logits differ a little
    work = work_for(ExportConfig(max_relative_difference=1e-9), tmp_path, align=tuned_model(coarse, tmp_path / "align"))
    with pytest.raises(StageError, match="logits lie"):
        make(work)
