"""Every shipped configuration loads, and a mistake is told so that it can be put right."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from artifacts.stage import StageConfig
from configs.mistakes import ConfigError
from configs.schema import Config, Stage, load
from tests.source import ROOT

SHIPPED = sorted((ROOT / "configs").glob("*.yaml"))


@pytest.fixture(autouse=True)
def in_the_clone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def mistakes(tmp_path: Path, text: str, *overrides: str) -> list[str]:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(path, overrides)
    assert str(caught.value).startswith(str(path)) or overrides
    return caught.value.mistakes


def test_the_promised_files_are_shipped() -> None:
    assert {path.name for path in SHIPPED} >= {"quickstart.yaml", "qwen-lora.yaml", "qwen-qlora.yaml", "nightly.yaml"}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_a_shipped_file_loads(path: Path) -> None:
    assert load(path).name == path.stem


def test_the_quick_start_needs_no_hub_and_no_key() -> None:
    config = load("configs/quickstart.yaml")
    assert config.sft.model.path == "embedded"
    assert config.generate.teacher.kind == "offline"


def test_the_stages_are_the_sections_in_their_order() -> None:
    config = load("configs/quickstart.yaml")
    assert tuple(section.stage for section in config.sections()) == tuple(Stage)
    assert tuple(name for name in Config.model_fields if name not in ("name", "store")) == tuple(Stage)
    before: list[str] = []
    for section in config.sections():
        assert set(section.reads) <= set(before), f"{section.stage} reads what comes after it"
        before.append(section.stage)


def test_every_dial_stops_unknown_keys() -> None:
    def check(model: type[BaseModel]) -> None:
        assert model.model_config.get("extra") == "forbid", model
        for info in model.model_fields.values():
            if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
                check(info.annotation)

    check(Config)
    assert issubclass(Config.model_fields["sft"].annotation or object, StageConfig)


def test_no_dial_makes_a_section_look_like_a_mapping() -> None:
    """Prefect goes through a task's parameters by `dict(section)`, which asks for a mapping's `keys`."""

    def check(section: BaseModel) -> None:
        assert not hasattr(section, "keys"), type(section).__name__
        for value in dict(section).values():
            if isinstance(value, BaseModel):
                check(value)

    check(Config())


def test_overrides_are_laid_over_the_file() -> None:
    config = load("configs/quickstart.yaml", ["sft.epochs=3", "sft.learning_rate=1e-4", "name=trial"])
    assert (config.sft.epochs, config.sft.learning_rate, config.name) == (3, 1e-4, "trial")


def test_a_typo_is_named_with_its_line_and_the_nearest_key(tmp_path: Path) -> None:
    [told] = mistakes(tmp_path, "name: mine\nsft:\n  epoch: 3\n")
    assert told.startswith("line 3: sft.epoch: no such key; did you mean 'epochs'? Known here: ")
    assert "learning_rate" in told


def test_a_typo_deep_inside_is_named_too(tmp_path: Path) -> None:
    [told] = mistakes(tmp_path, "sft:\n  model:\n    pathh: embedded\n")
    assert told.startswith("line 3: sft.model.pathh: no such key; did you mean 'path'?")


def test_a_value_that_is_not_allowed_is_told_with_those_that_are(tmp_path: Path) -> None:
    [told] = mistakes(tmp_path, "sft:\n  method: lorra\n")
    assert told.startswith("line 2: sft.method: 'lorra' is not allowed; did you mean 'lora'?")
    assert "'qlora'" in told


def test_a_value_out_of_range_is_told_with_what_was_given(tmp_path: Path) -> None:
    [told] = mistakes(tmp_path, "sft:\n  rank: 0\n")
    assert told == "line 2: sft.rank: must be at least 1 (given: 0)"


def test_yes_and_no_are_no_numbers(tmp_path: Path) -> None:
    told = mistakes(
        tmp_path, "mix:\n  documents: yes\n  rows: no\nsft:\n  epochs: true\nparse:\n  speaker_notes: yes\n"
    )
    assert told == [
        "line 3: mix.rows: must be a whole number (given: 'false')",
        "line 2: mix.documents: must be a number (given: 'true')",
        "line 5: sft.epochs: must be a number (given: 'true')",
    ]


def test_a_key_within_a_union_is_named_as_the_file_has_it(tmp_path: Path) -> None:
    [told] = mistakes(tmp_path, "generate:\n  teacher:\n    kind: openai\n    model: m\n    concurrency: 0\n")
    assert told.startswith("line 5: generate.teacher.concurrency: ")
    [told] = mistakes(tmp_path, "generate:\n  teacher:\n    kind: openai\n    model: m\n    modell: m\n")
    assert told.startswith("line 5: generate.teacher.modell: no such key; did you mean 'model'?")
    [told] = mistakes(tmp_path, "generate:\n  teacher:\n    kind: openai\n    model: m\n    names: 4\n")
    assert "names" not in told.partition("Known here: ")[2], "that is another kind's key"
    [told] = mistakes(tmp_path, "clean:\n  operators:\n    - text_length_filter: {min_len: 1, colour: 2}\n")
    assert told.startswith("line 3: clean.operators.0: ")
    [told] = mistakes(tmp_path, "mix:\n  select:\n    method: ifdd\n")
    assert told.startswith("line 3: mix.select.method: 'ifdd' is not allowed; did you mean 'ifd'? Allowed: 'random'")
    [told] = mistakes(tmp_path, "mix:\n  select: {}\n")
    assert told == "line 2: mix.select.method: must be given"


def test_a_mistake_on_the_command_line_is_not_looked_for_in_the_file(tmp_path: Path) -> None:
    [told] = mistakes(tmp_path, "sft:\n  rank: 8\n", "sft.rank=0")
    assert told.startswith("--set: sft.rank: ")
    [told] = mistakes(tmp_path, "sft:\n  model:\n    path: embedded\n", "sft.model={pathh: embedded}")
    assert told.startswith("--set: sft.model.pathh: no such key")
    [told] = mistakes(tmp_path, "name: mine\nmix:\n  domain_share: 0.3\n", "mix.select.method=ifdd")
    assert told.startswith("--set: mix.select.method: 'ifdd' is not allowed")
    [told] = mistakes(tmp_path, "mix:\n  rows: 100\n", "mix.tokens=1000")
    assert told.startswith("line 1 and --set: mix: rows and tokens both")


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    assert len(mistakes(tmp_path, "sft:\n  rank: 0\n  method: x\nmixx: {}\n")) == 3


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    [told] = mistakes(tmp_path, "sft:\n  rank: 8\n  rank: 16\n")
    assert told == "line 3: sft.rank: stands twice (first in line 2); keep one"


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("api_key: abcdef", "abcdef"),
        ("password: hunter2", "hunter2"),
        ("model: sk-1234567890abcdefghij", "sk-1234567890abcdefghij"),
        ("base_url: https://user:hunter2@llm.example/v1", "hunter2"),
        ("base_url: https://llm.example/v1?auth=hunter2", "hunter2"),
        ("api_key_env: abcdef-0123", "abcdef-0123"),
        ("{api_key: abcdef]", "abcdef"),
    ],
)
def test_a_secret_is_refused_and_not_repeated(tmp_path: Path, line: str, secret: str) -> None:
    told = mistakes(tmp_path, f"generate:\n  teacher:\n    kind: openai\n    {line}\n")
    text = "\n".join(told)
    assert "environment variable" in text or "is not YAML" in text
    assert secret not in text


def test_a_secret_on_the_command_line_is_refused() -> None:
    with pytest.raises(ConfigError, match="environment variable"):
        load("configs/quickstart.yaml", ["generate.teacher.api_key=abcdef"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- a\n- b\n", "must be a mapping of sections"),
        ("sft: {rank: 8\n", "is not YAML"),
        ("a: !!python/object/apply:os.getcwd []\n", "is not YAML"),
    ],
)
def test_what_is_no_configuration_is_refused(tmp_path: Path, text: str, told: str) -> None:
    assert told in mistakes(tmp_path, text)[0]


@pytest.mark.parametrize("override", ["sft.epochs", "=3", "name.first=a", "sft.epochs=[", "sft.epoch=3"])
def test_a_bad_override_is_refused(override: str) -> None:
    with pytest.raises(ConfigError):
        load("configs/quickstart.yaml", [override])


def test_a_file_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(ConfigError, match=r"configs/quickstart\.yaml"):
        load("configs/quickstrat.yaml")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("generate:\n  own: own.jsonl\n", "line 2: generate.own: must be a list, such as [first, second]"),
        ("mix:\n  replay: me\n", "line 2: mix.replay: must be `self`, or keys with values"),
        ("generate:\n  budget: 5\n", "line 2: generate.budget: must be keys with values"),
    ],
)
def test_a_wrong_shape_is_told_in_the_words_of_the_file(text: str, told: str, tmp_path: Path) -> None:
    [mistake] = mistakes(tmp_path, text)
    assert mistake.startswith(told)
