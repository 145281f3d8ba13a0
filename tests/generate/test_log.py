"""Rows of logs: summary, key information, triage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from artifacts.records import QAPair
from tasks.models.scripted import Request, ScriptedEndpoint
from tests.generate.school import dials, pairs, rejects, reply, run, section

FAILED = "2026-03-01 08:07:01 ERROR [pump-3] E417 pressure 912 kPa, valve V-12 did not open"
STOPPED = "2026-03-01 08:07:05 INFO [pump-3] stopped"
LOG = section(
    "\n".join(["```", *["2026-03-01 08:00:01 INFO [pump-3] running"] * 9, FAILED, STOPPED, "```"]), file="a.log"
)
CHINESE = section(
    "\n".join(
        [f"2026-03-01 08:0{n}:00 信息 [三号泵] 运行" for n in range(9)]
        + ["2026-03-01 08:09:00 错误 [三号泵] E417 压力过高"]
    ),
    file="泵.log",
    language="zh",
)


def item(task: str, answer: str, *evidence: str) -> dict[str, Any]:
    return {"task": task, "answer": answer, "evidence": list(evidence)}


SUMMARY = item("summary", "Pump-3 ran until E417 at 08:07:01, and stopped at 08:07:05.", FAILED, STOPPED)
KEY = item("key_information", "- 08:07:01, pump-3, E417: 912 kPa, valve V-12 did not open", FAILED)
TRIAGE = item("triage", "High: valve V-12 did not open. Probably it is stuck. Look at V-12.", FAILED)


def made(root: Path, source: Any, *items: dict[str, Any]) -> tuple[list[QAPair], list[str], list[Request]]:
    seen: list[Request] = []

    def script(request: Request) -> str:
        seen.append(request)
        return reply(*items)

    with ScriptedEndpoint(script) as endpoint:
        found = run(root, dials(endpoint.url), [source])
    return pairs(*found), [row.reason for row in rejects(*found)], seen


def test_one_call_gives_a_row_for_each_task_with_the_log_in_its_prompt(tmp_path: Path) -> None:
    rows, reasons, seen = made(tmp_path, LOG, SUMMARY, KEY, TRIAGE)
    assert [row.kind for row in rows] == ["log_summary", "log_key_information", "log_triage"]
    assert len(seen) == 1
    assert not reasons
    assert all(row.context == LOG.text for row in rows)
    assert [quote.text for quote in rows[0].evidence] == [FAILED, STOPPED]
    assert len({row.question for row in rows}) == 3


def test_a_chinese_log_is_asked_about_in_chinese(tmp_path: Path) -> None:
    line = CHINESE.text.split("\n")[-1]
    rows, _, seen = made(tmp_path, CHINESE, item("triage", "严重程度高：三号泵压力过高（E417）。", line))
    assert [row.kind for row in rows] == ["log_triage"]
    assert "日志" in rows[0].question
    assert "运维" in seen[0].messages[0]["content"]


@pytest.mark.parametrize("quote", ["2026-03-01 08:09:09 ERROR [pump-4] E418 broke down", ""])
def test_a_line_that_the_log_does_not_hold_proves_nothing(tmp_path: Path, quote: str) -> None:
    rows, reasons, _ = made(tmp_path, LOG, KEY, TRIAGE, item("summary", "Pump-4 broke down.", quote))
    assert [row.kind for row in rows] == ["log_key_information", "log_triage"]
    assert reasons == ["evidence_not_in_section"]


def test_a_task_that_was_left_out_is_recorded(tmp_path: Path) -> None:
    _, reasons, _ = made(tmp_path, LOG, SUMMARY)
    assert reasons == ["task_not_done", "task_not_done"]
