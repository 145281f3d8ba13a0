"""What the configuration accepts, and what its errors say."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from pydantic import ValidationError

from tasks.clean.config import CleanConfig


@pytest.mark.parametrize(
    ("operators", "said"),
    [
        (["text_lenght_filter"], "text_length_filter"),
        ([{"text_length_filter": {"min_length": 3}}], "nearest: min_len"),
        ([{"text_length_filter": {"num_proc": 4}}], "it takes: min_len, max_len"),
        ([{"text_length_filter": {"field": "anser"}}], "'question', 'answer' or 'both'"),
        ([{"text_length_filter": 3}], "must be a mapping"),
        ([{"text_length_filter": {}, "alphanumeric_filter": {}}], "one name with its parameters"),
        ([{"python_lambda_mapper": {"lambda_str": "lambda x: x"}}], "runs Python code"),
        ([{"image_shape_filter": {}}], "rows of text"),
        (["document_simhash_deduplicator", "text_length_filter"], "must stand last"),
    ],
)
def test_what_an_operator_may_not_be_is_said(operators: list[object], said: str) -> None:
    with pytest.raises(ValidationError) as error:
        CleanConfig(operators=operators)  # type: ignore[arg-type]
    assert said in str(error.value)


def test_operators_read_and_show_as_a_recipe() -> None:
    recipe = ["whitespace_normalization_mapper", {"text_length_filter": {"min_len": 2, "field": "answer"}}]
    config = CleanConfig(operators=recipe)  # type: ignore[arg-type]
    shown = json.loads(config.model_dump_json())["operators"]
    assert shown[1] == {"text_length_filter": {"field": "answer", "min_len": 2}}
    assert CleanConfig(operators=shown) == config


def test_every_default_is_checked_without_importing_data_juicer() -> None:
    code = "import sys; from tasks.clean.config import CleanConfig; CleanConfig(); print('data_juicer' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
