from __future__ import annotations

import pytest

from tasks.evaluate.config import EvaluateConfig, Gates
from tasks.evaluate.scores import Measures, Scores
from tasks.evaluate.tables import measure
from tasks.evaluate.verdict import judge
from tests.evaluate.made import marked, question

CONFIG = EvaluateConfig(resamples=500)
IDS = {"base": "b", "sft": "s", "aligned": "a"}


def good() -> Measures:
    """Ten documents learned nearly whole, general ability kept, fewer inventions after alignment."""
    rows = [
        marked(question(number, document=f"d{number % 10}", language="zh" if number % 2 else "en"), "wrr")
        for number in range(40)
    ]
    rows += [marked(question(number, kind="frame"), "www") for number in range(40, 44)]
    rows += [marked(question(number, group="retention", kind="general"), "rrr") for number in range(19)]
    rows += [marked(question(19, group="retention", kind="general"), "rww")]
    rows += [marked(question(number, group="unanswerable"), "rwr" if number else "rww") for number in range(10)]
    return measure(rows, IDS, CONFIG)


def test_recall_by_language_and_kind() -> None:
    scores = good()
    assert {model: scores.recall[model]["all"]["all"].right for model in IDS} == {"base": 0, "sft": 40, "aligned": 40}
    assert scores.recall["aligned"]["all"]["wording"].total == 40
    assert scores.recall["aligned"]["en"]["frame"].right == 0
    assert scores.recall["aligned"]["zh"]["all"].share == 1
    assert "frame" not in scores.recall["aligned"]["zh"]
    assert scores.facts["aligned"]["all"].right == 40
    assert scores.facts["aligned"]["all"].total == 44


def test_a_fact_is_known_by_the_majority_of_its_questions() -> None:
    asked = [question(1).model_copy(update={"id": str(number)}) for number in range(4)]
    half = measure(
        [marked(each, sign) for each, sign in zip(asked, ("wrr", "wrr", "www", "www"), strict=True)], IDS, CONFIG
    )
    most = measure(
        [marked(each, sign) for each, sign in zip(asked, ("wrr", "wrr", "wrr", "www"), strict=True)], IDS, CONFIG
    )
    assert half.facts["aligned"]["all"].right == 0
    assert most.facts["aligned"]["all"].right == 1


def test_transitions_follow_each_question_through_the_models() -> None:
    rows = [marked(question(number), sign) for number, sign in enumerate(("wrr", "wrw", "rwr", "rrr", "www"))]
    transitions = measure(rows, IDS, CONFIG).transitions
    assert transitions["base>sft"] == {
        "known>known": 1,
        "known>unknown": 1,
        "unknown>known": 2,
        "unknown>unknown": 1,
    }
    assert transitions["base>sft>aligned"]["unknown>known>unknown"] == 1


def test_documents_and_tests() -> None:
    scores = good()
    by_file = {document.file: document for document in scores.documents}
    assert by_file["d1.md"].probes == 4 + 4
    assert by_file["d1.md"].right == {"base": 0, "sft": 4, "aligned": 4}
    (learned,) = [test for test in scores.tests if (test.measure, test.before) == ("recall", "base")]
    assert (learned.gained, learned.lost) == (40, 0)
    assert learned.p == 2 / 2**40


def test_hallucination_counts_what_was_made_up() -> None:
    found = good().hallucination
    assert [found[model]["all"].invented for model in ("base", "sft", "aligned")] == [0, 10, 1]


def test_controls_and_trained_questions_are_no_part_of_recall() -> None:
    rows = [marked(question(1), "wrr"), marked(question(2, group="control"), "www")]
    rows += [marked(question(3, group="trained", kind="trained"), "wrr")]
    scores = measure(rows, IDS, CONFIG)
    assert scores.recall["aligned"]["all"]["all"].total == 1
    assert scores.control["aligned"]["all"]["all"].total == 1
    assert scores.trained["aligned"]["all"].right == 1


def test_other_kinds_of_questions_are_shown_and_are_no_part_of_the_headline() -> None:
    rows = [marked(question(number), "wrr") for number in range(4)]
    rows += [marked(question(number, kind="choice"), "www") for number in range(4)]
    rows += [marked(question(number, kind="reversed"), "www") for number in range(4)]
    rows += [marked(question(number, kind="false_premise"), "wwr" if number else "waa") for number in range(4)]
    rows += [marked(question(9, group="control", kind=kind), "rrr") for kind in ("choice", "paraphrase")]
    scores = measure(rows, IDS, CONFIG)
    recall = scores.recall["aligned"]["all"]
    right = {kind: tally.right for kind, tally in recall.items()}
    assert right == dict.fromkeys(("all", "wording"), 4) | {"choice": 0, "reversed": 0, "false_premise": 3}
    assert recall["all"].total == 4
    assert (scores.facts["aligned"]["all"].right, scores.facts["aligned"]["all"].total) == (4, 4)
    assert scores.gain is not None
    assert scores.gain.value == 1
    assert [scores.accepted[model]["all"].invented for model in IDS] == [4, 3, 0]
    control = {kind: tally.total for kind, tally in scores.control["aligned"]["all"].items()}
    assert control == {"all": 1, "choice": 1, "paraphrase": 1}


def test_what_was_kept_is_relative_to_the_base_model() -> None:
    rows = [marked(question(number, group="retention"), "rrw" if number < 5 else "wrr") for number in range(10)]
    scores = measure(rows, IDS, CONFIG)
    assert scores.kept_by == "right"
    assert scores.kept["sft"]["all"] == 2.0
    assert scores.kept["aligned"]["all"] == 1.0


def test_retention_falls_back_to_f1_where_the_base_model_has_too_little_right() -> None:
    rows = [marked(question(number, group="retention"), "wwa") for number in range(10)]
    scores = measure(rows, IDS, CONFIG)
    kept = scores.kept["aligned"]["en"]
    assert scores.kept_by == "f1"
    assert scores.kept["sft"]["en"] == 1.0
    assert kept is not None
    verdict = judge(scores, Gates())
    assert "of general ability by F1 (the base model has too few right answers to compare)" in verdict.headline
    assert "general ability by F1" in verdict.gates[1].reason
    assert kept < 0.5  # "I do not have that information." shares next to nothing with "It holds 3 litres."


def test_a_good_model_passes_every_gate() -> None:
    verdict = judge(good(), Gates())
    assert verdict.passed
    assert all(gate.passed for gate in verdict.gates)
    assert verdict.headline.startswith("learned 0.91 of held-out questions (base 0.00); kept 0.95 of general ability")
    assert "made up 0.10 of answers" in verdict.headline


def test_each_gate_can_fail_and_says_why() -> None:
    gates = Gates(min_recall_gain=0.99, max_retention_loss=0.01)
    by_name = {gate.name: gate for gate in judge(good(), gates).gates}
    assert not by_name["recall"].passed
    assert "0.99" in by_name["recall"].reason
    assert not by_name["retention"].passed
    assert "0.95 in English; 0.99 is asked for" in by_name["retention"].reason
    worse = [marked(question(number, group="unanswerable"), "rrw") for number in range(4)]
    verdict = judge(measure(worse, IDS, CONFIG), Gates())
    hallucination = next(gate for gate in verdict.gates if gate.name == "hallucination")
    assert not verdict.passed
    assert not hallucination.passed
    assert "4 of 4 questions that have no answer got an invented one, 0 before alignment" in hallucination.reason


def test_a_model_that_learned_nothing_does_not_pass() -> None:
    rows = [marked(question(number, document=f"d{number}"), "www") for number in range(10)]
    verdict = judge(measure(rows, IDS, CONFIG), Gates())
    assert not verdict.gates[0].passed
    assert "sft.epochs" not in verdict.gates[0].reason  # no trained question was asked


@pytest.mark.parametrize(("marks", "said"), [("www", True), ("wrr", False), ("wrw", False), ("rrr", False)])
def test_that_trained_questions_are_not_answered_either_is_said_with_what_to_do(marks: str, said: bool) -> None:
    rows = [marked(question(number, document=f"d{number}"), "www") for number in range(10)]
    rows += [marked(question(number, group="trained", kind="trained"), marks) for number in range(10)]
    reason = judge(measure(rows, IDS, CONFIG), Gates()).gates[0].reason
    assert ("; not even the questions that were trained are answered: train longer (sft.epochs)" in reason) == said


def test_what_was_not_measured_does_not_pass() -> None:
    verdict = judge(measure([], IDS, CONFIG), Gates())
    assert not verdict.passed
    assert all("not measured" in gate.reason for gate in verdict.gates)
    assert verdict.headline == "nothing could be measured"


def test_scores_survive_json() -> None:
    measures = good()
    scores = Scores(**dict(measures), verdict=judge(measures, Gates()))
    assert Scores.model_validate_json(scores.model_dump_json()) == scores
