"""What asking costs: the budget that holds it, the forecast, and what the manifest tells of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from artifacts.records import Section
from artifacts.stage import StageError
from tasks.generate.estimate import estimate
from tasks.models.scripted import ScriptedEndpoint, teach_by_rule
from tests.generate.school import SECTIONS, dials, pairs, run, section

PRICES = {"m": {"input": 1.0, "output": 4.0}, "j": {"input": 10.0, "output": 10.0}}


def pumps(count: int) -> list[Section]:
    texts = [f"Weight: {number} kg\nPressure: {number}.5 bar" for number in range(count)]
    return [section(text, "Pumps", f"KX-{number}") for number, text in enumerate(texts)]


def test_a_budget_is_never_overshot_and_a_larger_one_goes_on(tmp_path: Path) -> None:
    sections = pumps(12)
    with ScriptedEndpoint(teach_by_rule) as server:
        free = run(tmp_path / "free", dials(server.url), sections)
        undisturbed, billed = server.counters.requests, server.counters.input_tokens + server.counters.output_tokens
    with ScriptedEndpoint(teach_by_rule) as server:
        few = {"max_tokens": 400}
        budget = billed // 2 + 2000
        with pytest.raises(StageError, match=r"of 12 sections lack replies.*raise generate\.budget\.tokens"):
            run(tmp_path / "held", dials(server.url, teacher=few, budget={"tokens": budget}), sections)
        assert 0 < server.counters.requests < undisturbed
        assert server.counters.input_tokens + server.counters.output_tokens <= budget
        with pytest.raises(StageError, match="budget"):  # not raised, it buys nothing more
            run(tmp_path / "held", dials(server.url, teacher=few, budget={"tokens": budget}), sections)
        done = run(tmp_path / "held", dials(server.url, teacher=few, budget={"tokens": 10 * billed}), sections)
        assert server.counters.requests == undisturbed
        assert server.counters.paid_again == 0
    assert [row.id for row in pairs(*done)] == [row.id for row in pairs(*free)]
    spent = done[0].manifest(done[1].ref).spent
    assert spent.input_tokens + spent.output_tokens == billed


def test_the_manifest_holds_tokens_and_money_of_each_model(tmp_path: Path) -> None:
    with ScriptedEndpoint(teach_by_rule) as server:
        judge = {"model": "j", "base_url": server.url, "api_key_env": None}
        store, made = run(tmp_path, dials(server.url, judge=judge, prices=PRICES, currency="CNY"))
        counters = server.counters
        assert counters.requests > 3 * len(SECTIONS)
    manifest = store.manifest(made.ref)
    models = manifest.facts["spent"]
    assert set(models) == {"m", "j"}
    assert sum(model["input_tokens"] for model in models.values()) == counters.input_tokens
    assert sum(model["output_tokens"] for model in models.values()) == counters.output_tokens
    wanted = sum(
        model["input_tokens"] * PRICES[name]["input"] + model["output_tokens"] * PRICES[name]["output"]
        for name, model in models.items()
    )
    assert manifest.spent.money == pytest.approx(wanted / 1e6, abs=1e-6)
    assert manifest.spent.currency == "CNY"


def test_batches_cost_half(tmp_path: Path) -> None:
    batch = {"batch": {"gather_seconds": 0.05, "poll_seconds": 0.05}}
    with ScriptedEndpoint(teach_by_rule) as server:
        store, plain = run(tmp_path / "plain", dials(server.url, prices=PRICES))
        other, batched = run(tmp_path / "batched", dials(server.url, teacher=batch, prices=PRICES))
        assert server.counters.batched == server.counters.requests / 2
    assert [row.id for row in pairs(other, batched)] == [row.id for row in pairs(store, plain)]
    money = store.manifest(plain.ref).spent.money
    assert other.manifest(batched.ref).spent.money == pytest.approx(money / 2, abs=1e-6)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"strategies": ["direct"]},
        {"strategies": ["facts", "reasoning", "multiturn", "study"]},
        {"judge": True},
        {"answering": "rag", "retrieval": {"k": 2}},
        {"teacher": {"batch": {"gather_seconds": 0.05, "poll_seconds": 0.05}}},
    ],
)
def test_the_forecast_is_near_what_is_asked(values: dict[str, object], tmp_path: Path) -> None:
    sections = [*pumps(6), *SECTIONS]
    with ScriptedEndpoint(teach_by_rule) as server:
        if "judge" in values:
            values = {"judge": {"model": "j", "base_url": server.url, "api_key_env": None}}
        config = dials(server.url, prices=PRICES, **values)
        told = estimate(sections, config)
        store, made = run(tmp_path, config, sections)
        asked, sent = server.counters.requests, server.counters.input_tokens
    assert sum(entry.requests for entry in told) == pytest.approx(asked, rel=0.35)
    assert sum(entry.input_tokens for entry in told) == pytest.approx(sent, rel=0.5)
    assert sum(entry.money or 0 for entry in told) == pytest.approx(store.manifest(made.ref).spent.money, rel=0.6)
    assert all(entry.money for entry in told)
    again = estimate(sections, config, store.memo)
    assert sum(entry.requests for entry in again) == 0
    assert sum(entry.kept for entry in again) == asked


def test_only_a_new_section_is_forecast_to_cost(tmp_path: Path) -> None:
    with ScriptedEndpoint(teach_by_rule) as server:
        config = dials(server.url)
        store, _ = run(tmp_path, config, pumps(5))
    (one,) = estimate(pumps(6)[5:], config)
    (told,) = estimate(pumps(6), config, store.memo)
    assert told.requests == one.requests > 0
