"""What is told of long work."""

from __future__ import annotations

import logging
import re

import pytest

from artifacts.progress import Progress, told_rate, told_time


def test_a_log_line_tells_rate_remaining_time_and_note(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "graft"), Progress(terminal=False, every=0.0).task("generate", 2000) as task:
        task.advance(1000)
        task.say("1.2 M tokens, 0.40 USD")
    first, second = (record.getMessage() for record in caplog.records)
    assert re.fullmatch(r"generate: 1,000 of 2,000, [\d,.]+/s, \d+:\d\d to go", first)
    assert second == "generate: 1,000 of 2,000, 1.2 M tokens, 0.40 USD"


def test_a_log_line_comes_now_and_then_only(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "graft"), Progress(terminal=False, every=3600.0).task("parse") as task:
        for _ in range(100):
            task.advance()
    assert caplog.records == []


def test_a_terminal_shows_rate_and_note(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("FORCE_COLOR", "1")
    with Progress(terminal=True).task("生成", 10) as task:
        for _ in range(5):
            task.advance(note="12 tokens")
    shown = capsys.readouterr().err
    assert "生成" in shown
    assert "12 tokens" in shown
    assert re.search(r"\d/(s|min)", shown)


def test_figures_are_told_in_a_fitting_unit() -> None:
    assert [told_rate(rate) for rate in (1234.5, 1.0, 0.5)] == ["1,234.5/s", "1.0/s", "30.0/min"]
    assert [told_time(seconds) for seconds in (0, 59.6, 123, 3723)] == ["0:00", "1:00", "2:03", "1:02:03"]
