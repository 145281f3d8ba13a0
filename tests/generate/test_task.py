"""The stage as a whole: what it pays for, what it says of itself, and what survives kill -9."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from artifacts.stage import StageError, keyed_values, plan_for
from artifacts.store import Store
from tasks.generate.config import PROMPTS, GenerateConfig
from tasks.generate.estimate import count_tokens, estimate
from tasks.models.scripted import ScriptedEndpoint, teach_by_rule
from tests.generate.school import LEAVE, PUMP, SECTIONS, TANK, dials, pairs, probes, rejects, run, section


def test_a_second_run_pays_nothing_and_a_changed_section_pays_for_itself(tmp_path: Path) -> None:
    with ScriptedEndpoint(teach_by_rule) as server:
        config = dials(server.url, probes={"paraphrases": 0})
        first = run(tmp_path, config)
        assert len(server.requests) == 3
        again = run(
            tmp_path, dials(server.url, probes={"paraphrases": 0}, teacher={"concurrency": 1, "input_price": 9.0})
        )
        assert again[1].reused
        changed = section(PUMP.text.replace("12 kg", "13 kg"), *PUMP.headings)
        store, outcome = run(tmp_path, config, [changed, LEAVE, TANK])
    assert len(server.requests) == 4
    assert "13 kg" in server.requests[-1].prompt
    manifest = store.manifest(outcome.ref)
    assert (manifest.counts["requests"], manifest.counts["reused"], manifest.spent.requests) == (1, 2, 1)
    unchanged = [row for row in pairs(*first) if row.origin.section != PUMP.id]
    assert [row for row in pairs(store, outcome) if row.origin.section != changed.id] == unchanged


def test_a_dial_that_changes_no_request_pays_nothing(tmp_path: Path) -> None:
    with ScriptedEndpoint(teach_by_rule) as server:
        run(tmp_path, dials(server.url))
        asked = len(server.requests)
        _, outcome = run(tmp_path, dials(server.url, probes={"unanswerable": 3}))
    assert outcome.why == ("generate.probes.unanswerable: 20 -> 3",)
    assert len(server.requests) == asked


def test_the_manifest_accounts_for_it(tmp_path: Path) -> None:
    with ScriptedEndpoint(teach_by_rule) as server:
        prices = {"input_price": 2.0, "output_price": 8.0, "currency": "CNY"}
        store, outcome = run(tmp_path, dials(server.url, teacher=prices))
    manifest = store.manifest(outcome.ref)
    assert manifest.models == {"teacher": "m"}
    assert manifest.counts["in"] == 3
    assert manifest.counts["kept"] == manifest.rows == len(pairs(store, outcome)) == 6
    assert manifest.counts["facts"] == 6
    assert manifest.counts["probes"] == len(probes(store, outcome)) == 38
    spent = manifest.spent
    assert (spent.requests, spent.currency) == (6, "CNY")
    assert spent.money == pytest.approx((spent.input_tokens * 2 + spent.output_tokens * 8) / 1e6)
    assert spent.money > 0


def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    with ScriptedEndpoint(teach_by_rule, latency=0.01) as server:
        digests = {run(tmp_path / name, dials(server.url))[1].ref.digest for name in "ab"}
    assert len(digests) == 1


def test_a_section_that_stands_in_two_documents_is_taught_once(tmp_path: Path) -> None:
    copy = section(PUMP.text, *PUMP.headings, file="copy.md")
    with ScriptedEndpoint(teach_by_rule) as server:
        found = run(tmp_path, dials(server.url, probes={"paraphrases": 0}), [PUMP, copy])
    assert len(server.requests) == 1
    (entry,) = rejects(*found)
    assert (entry.reason, entry.record["file"]) == ("duplicate_section", "copy.md")
    assert "handbook.md" in entry.detail


def test_the_offline_teacher_says_what_it_is_and_keeps_probes_out(tmp_path: Path) -> None:
    store, outcome = run(tmp_path, GenerateConfig())
    manifest = store.manifest(outcome.ref)
    assert manifest.models == {"teacher": "offline"}
    assert "no language model" in manifest.notes[0]
    assert manifest.spent.requests == 0
    rows, held = pairs(store, outcome), probes(store, outcome)
    assert {row.language for row in rows} == {"en", "zh"}
    assert not {row.question for row in rows} & {probe.question for probe in held}
    assert {probe.kind for probe in held} >= {"wording", "unanswerable"}
    order = [[part.id for part in SECTIONS].index(row.origin.section) for row in rows]
    assert order == sorted(order)


def test_prompts_of_ones_own_are_used_and_are_in_the_key(tmp_path: Path) -> None:
    own = tmp_path / "prompts"
    own.mkdir()
    (own / "system.en.md").write_text("Ask about $$ at most $max_questions times.", encoding="utf-8")
    with ScriptedEndpoint(teach_by_rule) as server:
        before = plan_for(dials(server.url), {})
        config = dials(server.url, prompts=own)
        run(tmp_path / "store", config, [PUMP])
    assert server.requests[0].messages[0]["content"] == "Ask about $ at most 30 times."
    after = plan_for(config, {})
    assert before.key != after.key
    assert [name for name in after.outside if after.outside[name] != before.outside[name]] == ["prompt system.en.md"]


def test_the_folder_of_prompts_is_not_in_the_key_but_their_text_is(tmp_path: Path) -> None:
    for path in PROMPTS.glob("*.md"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    url = "http://localhost/v1"
    assert plan_for(dials(url, prompts=tmp_path), {}).key == plan_for(dials(url), {}).key


def test_mistakes_with_prompts_say_where(tmp_path: Path) -> None:
    with pytest.raises(StageError, match=r"generate\.prompts: .*nowhere is not a folder"):
        dials("http://localhost/v1", prompts=tmp_path / "nowhere").outside()
    (tmp_path / "user.en.md").write_text("$context", encoding="utf-8")
    with ScriptedEndpoint(teach_by_rule) as server, pytest.raises(StageError, match=r"user\.en\.md: 'context'; known"):
        run(tmp_path / "store", dials(server.url, prompts=tmp_path), [PUMP])
    assert server.requests == []


def test_the_address_and_the_key_are_not_in_the_artifact() -> None:
    values = str(keyed_values(dials("http://secret-host/v1", teacher={"api_key_env": "MY_KEY"})))
    assert "secret-host" not in values
    assert "MY_KEY" not in values


def test_the_estimate_counts_what_is_still_to_be_asked(tmp_path: Path) -> None:
    with ScriptedEndpoint(teach_by_rule) as server:
        config = dials(server.url, teacher={"input_price": 1.0, "output_price": 1.0})
        store = Store(tmp_path)
        before = estimate([*SECTIONS, SECTIONS[0]], config, store.memo)
        run(tmp_path, config, SECTIONS[:2])
        after = estimate(SECTIONS, config, store.memo)
        run(tmp_path, config)
    assert (before.requests, before.kept) == (6, 0) == (len(server.requests), 0)
    assert (after.requests, after.kept) == (2, 2)
    assert before.money == pytest.approx((before.input_tokens + before.output_tokens) / 1e6)
    sent = sum(count_tokens(message["content"]) for request in server.requests for message in request.messages)
    assert sent / 2 < before.input_tokens < sent * 2
    assert estimate(SECTIONS, GenerateConfig()).requests == 0


CHILD = """
import sys
from pathlib import Path
from tests.generate.school import dials, run, section
sections = [section(f"Weight: {number} kg", f"Part P-{number}") for number in range(40)]
run(Path(sys.argv[1]), dials(sys.argv[2], probes={"paraphrases": 0}, teacher={"concurrency": 4}), sections)
"""


def test_after_kill_9_only_what_was_in_flight_is_asked_again(tmp_path: Path) -> None:
    with ScriptedEndpoint(teach_by_rule, latency=0.1) as server:
        command = [sys.executable, "-c", CHILD, str(tmp_path), server.url]
        child = subprocess.Popen(command, cwd=Path(__file__).parents[2], env={**os.environ, "PYTHONHASHSEED": "1"})
        try:
            while len(server.requests) < 17:
                assert child.poll() is None, "the child ended before it could be killed"
                time.sleep(0.01)
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()
        killed_at = len(server.requests)
        assert list(Store(tmp_path).refs()) != []
        assert [ref.stage for ref in Store(tmp_path).refs()] == ["parse"]
        subprocess.run(command, cwd=Path(__file__).parents[2], check=True)
    times = Counter(request.prompt for request in server.requests)
    assert len(times) == 40
    assert killed_at < 40
    assert len(server.requests) - 40 <= 4
    (ref,) = (ref for ref in Store(tmp_path).refs() if ref.stage == "generate")
    manifest = Store(tmp_path).manifest(ref)
    assert manifest.rows == 40
    assert manifest.counts["requests"] + manifest.counts["reused"] == 40
    assert manifest.counts["reused"] >= killed_at - 4
