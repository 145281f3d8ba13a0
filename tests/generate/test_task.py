"""The stage as a whole: what it pays for, what it says of itself, and what survives kill -9."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from artifacts.records import QAPair, Section, read_jsonl
from artifacts.stage import StageError, keyed_values, plan_for
from artifacts.store import Store
from tasks.generate.config import PROMPTS, GenerateConfig
from tasks.models.scripted import (
    Answer,
    Dropped,
    Failure,
    Faults,
    Request,
    Response,
    ScriptedEndpoint,
    teach_by_rule,
)
from tests.generate.school import LEAVE, PUMP, SECTIONS, TANK, dials, pairs, probes, rejects, run, section

ROOT = Path(__file__).parents[2]
FEW_PROBES = {"control_share": 0, "reversed": False, "choice": False, "false_premise": False}
PLAIN = {"heading_questions": False, "probes": {**FEW_PROBES, "unanswerable": 4}}
A_SECTION = 3  # requests for its facts, its probes and its questions, one after the other


def of_section(requests: Sequence[Request], held: Section) -> list[Request]:
    first = held.text.splitlines()[-1]
    return [request for request in requests if first in request.messages[1]["content"]]


def test_a_second_run_pays_nothing(tmp_path: Path) -> None:
    with ScriptedEndpoint(teach_by_rule) as server:
        config = dials(server.url, **PLAIN)
        run(tmp_path, config)
        assert len(server.requests) == A_SECTION * len(SECTIONS)
        assert run(tmp_path, config)[1].reused
        _, outcome = run(tmp_path, dials(server.url, **PLAIN, teacher={"concurrency": 1, "max_retries": 3}))
        assert outcome.reused
        _, outcome = run(tmp_path, dials(server.url, **{**PLAIN, "probes": {**FEW_PROBES, "unanswerable": 3}}))
        assert not outcome.reused
    assert len(server.requests) == A_SECTION * len(SECTIONS)


def test_a_section_that_is_added_changed_or_removed_costs_its_own_requests_alone(tmp_path: Path) -> None:
    changed = section(PUMP.text.replace("12 kg", "13 kg"), *PUMP.headings)
    added = section("Capacity: 60 litres", "Tanks", "TX-9")
    with ScriptedEndpoint(teach_by_rule) as server:
        config = dials(server.url, **PLAIN)
        first = run(tmp_path, config)
        for sections, costs in (
            ([*SECTIONS, added], added),
            ([changed, LEAVE, TANK, added], changed),
            ([changed, TANK, added], None),
            ([added, TANK, LEAVE, PUMP], None),
        ):
            before = len(server.requests)
            store, outcome = run(tmp_path, config, sections)
            new = server.requests[before:]
            assert len(new) == (A_SECTION if costs else 0)
            assert costs is None or len(of_section(new, costs)) == A_SECTION
            assert {row.origin.section for row in pairs(store, outcome)} == {part.id for part in sections}
    assert (server.counters.repeated, server.counters.paid_again) == (0, 0)
    of_leave = [row for row in pairs(*first) if row.origin.section == LEAVE.id]
    assert [row for row in pairs(store, outcome) if row.origin.section == LEAVE.id] == of_leave


def test_a_stage_without_a_row_says_where_the_replies_are(tmp_path: Path) -> None:
    with ScriptedEndpoint(["Sorry, I was distracted."]) as server, pytest.raises(StageError) as stopped:
        run(tmp_path, dials(server.url, **PLAIN))
    (path,) = [Path(word) for word in str(stopped.value).split() if word.endswith("rejects.jsonl")]
    left_out = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [one["record"]["reply"] for one in left_out] == ["Sorry, I was distracted."] * len(SECTIONS)


def test_the_manifest_accounts_for_it(tmp_path: Path) -> None:
    with ScriptedEndpoint(teach_by_rule) as server:
        prices = {"m": {"input": 2.0, "output": 8.0}}
        store, outcome = run(tmp_path, dials(server.url, **PLAIN, prices=prices, currency="CNY"))
    manifest = store.manifest(outcome.ref)
    assert manifest.models == {"teacher": "m"}
    assert manifest.counts["in"] == 3
    assert manifest.counts["kept"] == manifest.rows == len(pairs(store, outcome)) > 0
    assert manifest.counts["facts"] == 6
    assert manifest.counts["probes"] == len(probes(store, outcome)) > 0
    spent = manifest.spent
    assert (spent.requests, spent.currency) == (A_SECTION * 3, "CNY")
    assert (spent.input_tokens, spent.output_tokens) == (server.counters.input_tokens, server.counters.output_tokens)
    assert spent.money == pytest.approx((spent.input_tokens * 2 + spent.output_tokens * 8) / 1e6, abs=1e-6)
    assert spent.money > 0


def test_english_and_chinese_are_taught_in_their_own_language(tmp_path: Path) -> None:
    with ScriptedEndpoint(teach_by_rule) as server:
        found = run(tmp_path, dials(server.url, **PLAIN))
    values = {(row.language, row.value) for row in pairs(*found) if row.kind == "fact"}
    assert values == {("en", "12 kg"), ("en", "3.5 bar"), ("en", "25"), ("en", "20"), ("zh", "120 升"), ("zh", "三年")}
    for request in server.requests:
        chinese = "你" in request.messages[0]["content"]
        assert chinese == bool(of_section([request], TANK))
    trained = {row.question for row in pairs(*found)}
    assert not trained & {probe.question for probe in probes(*found)}
    order = [[part.id for part in SECTIONS].index(row.origin.section) for row in pairs(*found)]
    assert order == sorted(order)


def test_two_runs_give_the_same_bytes(tmp_path: Path) -> None:
    """Also what was left out stands in one order, whatever the order of the replies."""
    many = [section(f"Weight: {number} kg\nColour: red", f"Part P-{number}") for number in range(12)]
    digests, left_out = set(), []
    for name in "ab":
        latency = (0.0, 0.02) if name == "a" else (0.0, 0.001)
        faults = Faults(truncated=0.2, malformed=0.2, cut_at=0.7)
        with ScriptedEndpoint(teach_by_rule, latency=latency, faults=faults) as server:
            found = run(tmp_path / name, dials(server.url, teacher={"identity": "same"}), many)
        digests.add(found[1].ref.digest)
        left_out.append(rejects(*found))
    assert len(digests) == 1
    assert left_out[0] == left_out[1]


def test_where_a_fifth_of_the_replies_is_cut_off_each_section_has_rows_or_a_record(tmp_path: Path) -> None:
    many = [section(f"重量：{number} 公斤\n颜色：红色", f"部件 P-{number}", language="zh") for number in range(40)]
    with ScriptedEndpoint(teach_by_rule, faults=Faults(truncated=0.2, cut_at=0.7)) as server:
        found = run(tmp_path, dials(server.url, **PLAIN), many)
    assert server.counters.outcomes["length"] > 10
    with_rows = {row.origin.section for row in pairs(*found)}
    recorded = {entry.record.get("section") or entry.record["origin"]["section"] for entry in rejects(*found)}
    assert with_rows | recorded == {part.id for part in many}
    assert len(with_rows) > 35


def test_a_judge_is_asked_and_named(tmp_path: Path) -> None:
    def judge(request: Request) -> str:
        verdict = "contradicted" if "三年" in request.prompt else "supported"
        rows = range(1, request.prompt.count('"row"') + 1)
        return json.dumps({"items": [{"row": row, "claims": [{"claim": "c", "verdict": verdict}]} for row in rows]})

    with ScriptedEndpoint(teach_by_rule) as server, ScriptedEndpoint(judge) as second:
        endpoint = {"base_url": second.url, "model": "j", "api_key_env": None}
        found = run(tmp_path, dials(server.url, **PLAIN, judge=endpoint))
    assert len(second.requests) == len(SECTIONS)
    assert {row.origin.section for row in pairs(*found)} == {PUMP.id, LEAVE.id}
    assert {entry.reason for entry in rejects(*found)} >= {"judged_contradicted"}


def test_a_section_that_the_endpoint_refuses_is_left_out(tmp_path: Path) -> None:
    def script(request: Request) -> Response:
        return Failure(400, "flagged") if "水箱" in request.prompt else Answer(teach_by_rule(request))

    with ScriptedEndpoint(script) as server:
        found = run(tmp_path, dials(server.url, **PLAIN))
    (entry,) = rejects(*found)
    assert (entry.reason, entry.record["section"], entry.record["prompt"]) == ("refused_by_endpoint", TANK.id, "facts")
    assert "flagged" in entry.detail


def test_a_section_without_a_reply_stops_the_stage_and_the_rest_is_kept(tmp_path: Path) -> None:
    def script(request: Request) -> Response:
        return Dropped() if "水箱" in request.prompt else Answer(teach_by_rule(request))

    same = {"identity": "the same model on another port"}
    with ScriptedEndpoint(script) as server, pytest.raises(StageError, match="1 of 3 sections lack replies"):
        run(tmp_path, dials(server.url, **PLAIN, teacher=same))
    with ScriptedEndpoint(teach_by_rule) as server:
        run(tmp_path, dials(server.url, **PLAIN, teacher=same))
    assert len(of_section(server.requests, TANK)) == len(server.requests) == A_SECTION


def test_no_row_at_all_is_an_error_that_says_why(tmp_path: Path) -> None:
    empty = ['{"items": []}']
    with ScriptedEndpoint(empty) as server, pytest.raises(StageError, match=r"no_facts \(3\)"):
        run(tmp_path, dials(server.url, **PLAIN))


def test_a_section_that_stands_in_two_documents_is_taught_once(tmp_path: Path) -> None:
    copy = section(PUMP.text, *PUMP.headings, file="copy.md")
    with ScriptedEndpoint(teach_by_rule) as server:
        found = run(tmp_path, dials(server.url, **PLAIN), [PUMP, copy])
    assert len(server.requests) == A_SECTION
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


def test_prompts_of_ones_own_are_used_and_are_in_the_key(tmp_path: Path) -> None:
    own = tmp_path / "prompts"
    own.mkdir()
    (own / "facts.en.md").write_text('Find at most $most facts for $$, as {"items": []}.', encoding="utf-8")
    with ScriptedEndpoint(teach_by_rule) as server:
        before = plan_for(dials(server.url), {})
        config = dials(server.url, prompts=own)
        run(tmp_path / "store", config, [PUMP])
    asked = {request.messages[0]["content"] for request in server.requests}
    assert 'Find at most 30 facts for $, as {"items": []}.' in asked
    after = plan_for(config, {})
    assert before.key != after.key
    assert [name for name in after.outside if after.outside[name] != before.outside[name]] == ["prompt facts.en.md"]


def test_the_folder_of_prompts_is_not_in_the_key_but_their_text_is(tmp_path: Path) -> None:
    for path in PROMPTS.glob("*.md"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    url = "http://localhost/v1"
    assert plan_for(dials(url, prompts=tmp_path), {}).key == plan_for(dials(url), {}).key


def test_mistakes_with_prompts_say_where(tmp_path: Path) -> None:
    with pytest.raises(StageError, match=r"generate\.prompts: .*nowhere is not a folder"):
        dials("http://localhost/v1", prompts=tmp_path / "nowhere").outside()
    (tmp_path / "facts.md").write_text("Find facts.", encoding="utf-8")
    with pytest.raises(StageError, match=r"facts\.md is no prompt's name; .*nearest: facts\.(en|zh)\.md"):
        dials("http://localhost/v1", prompts=tmp_path).outside()
    (tmp_path / "facts.md").rename(tmp_path / "README.md")
    (tmp_path / "facts.en.md").write_text("Find facts.", encoding="utf-8")
    with pytest.raises(StageError, match=r"facts\.en\.md does not show the form of a reply"):
        dials("http://localhost/v1", prompts=tmp_path).outside()
    (tmp_path / "facts.en.md").write_text('$context {"items": []}', encoding="utf-8")
    with ScriptedEndpoint(teach_by_rule) as server, pytest.raises(StageError, match=r"facts\.en\.md: 'context'; known"):
        run(tmp_path / "store", dials(server.url, prompts=tmp_path), [PUMP])
    assert server.requests == []


def test_the_address_and_the_key_are_not_in_the_artifact() -> None:
    values = str(keyed_values(dials("http://secret-host/v1", teacher={"api_key_env": "MY_KEY"})))
    assert "secret-host" not in values
    assert "MY_KEY" not in values


CHILD = """
import sys
from pathlib import Path
from tests.generate.school import dials, run, section
sections = [section(f"Weight: {number} kg", f"Part P-{number}") for number in range(40)]
plain = {"heading_questions": False, "probes": {"unanswerable": 0, "control_share": 0}}
run(Path(sys.argv[1]), dials(sys.argv[2], teacher={"concurrency": 4}, **plain), sections)
"""


def test_after_kill_9_only_what_was_in_flight_is_asked_again(tmp_path: Path) -> None:
    total, in_flight = 40 * A_SECTION, 4
    with ScriptedEndpoint(teach_by_rule, latency=0.03) as server:
        command = [sys.executable, "-c", CHILD, str(tmp_path), server.url]
        child = subprocess.Popen(command, cwd=ROOT)
        stop_at = random.randrange(5, total - 20)
        try:
            while server.counters.requests < stop_at:
                assert child.poll() is None, "the child ended before it could be killed"
                time.sleep(0.005)
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()
        killed_at = server.counters.requests
        assert [ref.stage for ref in Store(tmp_path).refs()] == ["parse"]
        subprocess.run(command, cwd=ROOT, check=True)
    counters = server.counters
    assert stop_at <= killed_at < total
    assert counters.repeated <= in_flight
    assert counters.requests - counters.repeated == total
    (ref,) = (ref for ref in Store(tmp_path).refs() if ref.stage == "generate")
    manifest = Store(tmp_path).manifest(ref)
    assert {row.value for row in read_jsonl(Store(tmp_path).path(ref) / "qa.jsonl", QAPair) if row.kind == "fact"} == {
        f"{number} kg" for number in range(40)
    }
    assert manifest.counts["requests"] + manifest.counts["reused"] == total
    assert manifest.counts["reused"] >= killed_at - in_flight


def test_a_pattern_that_fits_no_file_is_told(tmp_path: Path) -> None:
    with ScriptedEndpoint(teach_by_rule) as server:
        store, outcome = run(tmp_path, dials(server.url, sources={"novel/**": "book", "*.md": "document"}))
    notes = " ".join(store.manifest(outcome.ref).notes)
    assert "'novel/**'" in notes
    assert "'*.md'" not in notes
