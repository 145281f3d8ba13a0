"""The page of the pipeline: it hands each stage what that stage says it reads, and a failed run leaves its traces."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from artifacts.runs import read_run
from artifacts.stage import SettingError, StageError
from artifacts.store import Ref
from configs.schema import Stage, load
from flows.pipeline import as_function, begin, drive, stages, without_traceback
from tests.source import ROOT


@pytest.fixture(autouse=True)
def in_the_clone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_each_stage_is_given_what_it_reads(tmp_path: Path) -> None:
    config = load("configs/quickstart.yaml", [f"store={tmp_path}"])
    run = begin(config)
    handed: dict[str, dict[str, Ref]] = {}

    def call(stage: Any, _: object, section: Any, **inputs: Ref) -> Ref:
        assert stage.name == section.stage
        handed[section.stage] = inputs
        return Ref(stage=section.stage, key=section.stage, digest="")

    refs = list(stages(run, config, call))
    assert [ref.stage for ref in refs] == list(Stage)
    for section in config.sections():
        inputs = handed[section.stage]
        assert set(inputs) == {*section.reads, *section.beside}, section.stage
        assert {name: ref.stage for name, ref in inputs.items()} == {name: name for name in inputs}
    run.end("done")


def test_a_key_that_is_missing_is_told_before_anything_is_done(tmp_path: Path) -> None:
    teacher = "{kind: openai, model: m, api_key_env: GRAFT_NO_SUCH_KEY}"
    config = load("configs/quickstart.yaml", [f"store={tmp_path / 'store'}", f"generate.teacher={teacher}"])
    with pytest.raises(SettingError, match="GRAFT_NO_SUCH_KEY is not set"):
        begin(config)
    assert not (tmp_path / "store").exists()
    begin(config, until=Stage.parse).end("done")


def test_an_operator_that_cannot_run_is_told_before_anything_is_done(tmp_path: Path) -> None:
    changed = [f"store={tmp_path / 'store'}", "clean.operators=[{chinese_convert_mapper: {mode: t2s}}]"]
    config = load("configs/quickstart.yaml", changed)
    with pytest.raises(SettingError, match=r"chinese_convert_mapper: .* opencc must be installed first"):
        begin(config)
    assert not (tmp_path / "store").exists()
    begin(config, until=Stage.generate).end("done")


def test_an_error_for_the_user_is_logged_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("tests.engine")
    logger.addFilter(without_traceback)
    for error in (StageError("mix: no rows"), RuntimeError("a fault")):
        try:
            raise error
        except Exception as raised:
            logger.exception("Encountered exception during execution: %r", raised)
    assert "mix: no rows" in caplog.text
    assert caplog.text.count("Traceback") == 1
    assert "RuntimeError: a fault" in caplog.text


def test_a_failed_run_is_recorded_and_reported(tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "pump.md").write_text("# Pump P1\n\nWeight: 3 kg\n", encoding="utf-8")
    overrides = [f"store={tmp_path / 'store'}", f"parse.source={documents}", "sft.max_length=8"]
    config = load("configs/quickstart.yaml", overrides)
    run = begin(config)
    with pytest.raises(StageError):
        drive(run, config, as_function)
    record = read_run(run.store, run.record.id)
    assert record.state == "failed"
    assert [(entry.stage, entry.state) for entry in record.stages][-1] == ("sft", "failed")
    assert (run.folder / "report.md").is_file()


def test_a_run_that_ctrl_c_stops_is_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "pump.md").write_text("# Pump P1\n\nWeight: 3 kg\n", encoding="utf-8")
    config = load("configs/quickstart.yaml", [f"store={tmp_path / 'store'}", f"parse.source={documents}"])

    def stop(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tasks.clean.task.make", stop)
    run = begin(config)
    with pytest.raises(KeyboardInterrupt):
        drive(run, config, as_function)
    record = read_run(run.store, run.record.id)
    assert (record.state, record.stages[-1].stage, record.stages[-1].error) == (
        "interrupted",
        "clean",
        "stopped by Ctrl-C",
    )
