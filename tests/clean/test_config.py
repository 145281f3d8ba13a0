"""What the configuration accepts, and what its errors say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from artifacts.stage import SettingError
from tasks.clean.config import CleanConfig


@pytest.mark.parametrize(
    ("operators", "said"),
    [
        (["text_lenght_filter"], "text_length_filter"),
        ([{"text_length_filter": {"min_length": 3}}], "nearest: min_len"),
        ([{"text_length_filter": {"num_proc": 4}}], "it takes: min_len, max_len"),
        ([{"text_length_filter": {"guard": False}}], "no parameter 'guard'"),
        ([{"clean_links_mapper": {"gard": False}}], "nearest: guard"),
        ([{"clean_links_mapper": {"guard": "perhaps"}}], "operators.0.guard"),
        ([{"text_length_filter": {"min_len": "four"}}], "min_len: input should be a valid integer, not 'four'"),
        ([{"text_length_filter": {"min_len": -1}}], "min_len: -1 is below 0"),
        ([{"text_length_filter": {"max_len": 5}}], "min_len 10 is above max_len 5"),
        ([{"alphanumeric_filter": {"min_ratio": "0.4"}}], "min_ratio: input should be a valid number"),
        ([{"alphanumeric_filter": {"tokenization": "yes"}}], "tokenization: input should be a valid boolean"),
        ([{"character_repetition_filter": {"rep_len": 0}}], "rep_len: input should be greater than 0"),
        ([{"clean_email_mapper": {"repl": 5}}], "repl: input should be a valid string"),
        (
            [{"clean_email_mapper": {"pattern": "["}}],
            "pattern: '[' is no regular expression: unterminated character set",
        ),
        ([{"replace_content_mapper": {"pattern": ["a", "(["]}}], "['a', '(['] is no regular expression"),
        ([{"document_simhash_deduplicator": {"ignore_pattern": "(a"}}], "missing ) at position 2"),
        ([{"fix_unicode_mapper": {"normalization": "NFX"}}], "'NFX' is none of NFC, NFKC, NFD, NFKD"),
        ([{"words_num_filter": {"max_closed_interval": 1}}], "max_closed_interval: input should be a valid boolean"),
        ([{"document_simhash_deduplicator": {"tokenization": "words"}}], "'words' is none of character, punctuation"),
        ([{"document_simhash_deduplicator": {"num_blocks": 3}}], "hamming_distance 4 must be below num_blocks 3"),
        ([{"document_minhash_deduplicator": {"jaccard_threshold": 2}}], "jaccard_threshold: input should be less than"),
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


def test_values_that_data_juicer_takes_are_taken() -> None:
    recipe = [
        {"fix_unicode_mapper": {"normalization": "nfkc"}},
        {"clean_email_mapper": {"pattern": None, "repl": ""}},
        {"clean_links_mapper": {"pattern": r"\p{Han}+"}},
        {"alphanumeric_filter": {"min_ratio": 1, "max_ratio": 2.5, "tokenization": True, "tokenizer": "embedded"}},
        {"text_length_filter": {"min_len": 10, "max_len": 10}},
        {"stopwords_filter": {"words_aug_group_sizes": [2, 3]}},
        {"document_minhash_deduplicator": {"tokenization": "character", "num_bands": None}},
    ]
    config = CleanConfig(operators=recipe)  # type: ignore[arg-type]
    assert CleanConfig.model_validate_json(config.model_dump_json()) == config


def test_a_guard_is_shown_where_there_is_one() -> None:
    recipe = ["fix_unicode_mapper", {"words_num_filter": {"guard": False}}, "text_length_filter"]
    config = CleanConfig(operators=recipe)  # type: ignore[arg-type]
    assert json.loads(config.model_dump_json())["operators"] == [
        {"fix_unicode_mapper": {"field": "both", "guard": True}},
        {"words_num_filter": {"field": "both", "guard": False}},
        {"text_length_filter": {"field": "both"}},
    ]


@pytest.mark.parametrize(
    ("operator", "said"),
    [
        ("stopwords_filter", "assets/stopwords.json"),
        ("flagged_words_filter", "assets/flagged_words.json"),
        ("language_id_score_filter", "models/lid.176.bin"),
        ("perplexity_filter", "models/en.sp.model"),
        ({"words_num_filter": {"tokenization": True, "lang": "zh"}}, "models/zh.sp.model"),
        ({"document_minhash_deduplicator": {"tokenization": "sentencepiece"}}, "tokenizer_model"),
        ("text_action_filter", "models/en_core_web_md-3.7.0.tar.gz"),
        ("sentence_split_mapper", "tokenizers/punkt/english.pickle"),
        ("token_num_filter", "name a model's folder as hf_tokenizer"),
        ("text_pair_similarity_filter", "the model openai/clip-vit-base-patch32"),
        ({"alphanumeric_filter": {"tokenization": True, "tokenizer": "EleutherAI/pythia"}}, "`tokenizer: embedded`"),
    ],
)
def test_a_file_that_would_be_downloaded_is_asked_for_before_any_work(
    operator: object, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_JUICER_CACHE_HOME", str(tmp_path))
    config = CleanConfig(operators=[operator])  # type: ignore[list-item]
    with pytest.raises(SettingError, match=r"^clean\.operators: .* a run downloads nothing; ") as error:
        config.outside()
    assert said in str(error.value)
    if "/" in said and "models/" in said:
        assert str(tmp_path / said) in str(error.value)


def test_a_file_that_lies_there_is_in_the_key(tmp_path: Path) -> None:
    words = {"stopwords_filter": {"stopwords_dir": str(tmp_path)}}
    config = CleanConfig(operators=[words])  # type: ignore[list-item]
    (tmp_path / "my_stopwords.json").write_text('{"en": ["the"]}')
    before = config.outside()
    (tmp_path / "my_stopwords.json").write_text('{"en": ["the", "a"]}')
    assert list(before) == list(config.outside()) == ["stopwords_filter: stopwords.json"]
    assert before != config.outside()


USE_THE_CACHE = """
from pathlib import Path
from artifacts.records import QAPair
from tasks.clean.operators import assets
from tasks.clean.config import CleanConfig
from tasks.clean.steps import steps
assets.assets_folder().mkdir(parents=True)
(assets.assets_folder() / "stopwords.json").write_text('{"en": ["the", "is"]}')
config = CleanConfig(operators=[{"stopwords_filter": {"min_ratio": 0.5}}])
config.outside()
texts = [("What is it?", "the pump is the"), ("Why?", "buy cheap watches")]
rows = [QAPair(id=str(n), fact="", question=question, answer=answer) for n, (question, answer) in enumerate(texts)]
print([outcome.left is None for outcome in steps(config)(rows)])
from data_juicer.utils import cache_utils
print(assets.assets_folder() == Path(cache_utils.DATA_JUICER_ASSETS_CACHE))
print(assets.models_folder() == Path(cache_utils.DATA_JUICER_MODELS_CACHE))
"""


def test_a_file_in_data_juicers_cache_makes_an_operator_work(tmp_path: Path) -> None:
    environment = {**os.environ, "DATA_JUICER_CACHE_HOME": str(tmp_path / "cache")}
    code = [sys.executable, "-c", USE_THE_CACHE]
    done = subprocess.run(code, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.split("\n")[-4:-1] == ["[True, False]", "True", "True"], done.stderr


def test_every_default_is_checked_without_importing_data_juicer() -> None:
    code = "import sys; from tasks.clean.config import CleanConfig; CleanConfig(); print('data_juicer' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
