"""The table that a run ends with."""

from __future__ import annotations

from rich.console import Console

from flows.table import score_table
from tasks.evaluate.scores import Invented, Scores, Tally, Verdict

MODELS = ("base", "sft", "aligned")


def tally(right: int) -> Tally:
    return Tally(right=right, total=8, exact=right, abstained=0, f1=0.5, low=0, high=1)


def test_every_measure_is_shown_before_and_after() -> None:
    known = dict(zip(MODELS, (0, 6, 7), strict=True))
    languages = ("all", "en", "zh")
    scores = Scores(
        models={},
        recall={
            model: {
                language: {"all": tally(right), "frame": tally(right - right // 2)}
                | ({"wording": tally(8)} if language == "zh" else {})
                for language in languages
            }
            for model, right in known.items()
        },
        facts={},
        trained={},
        control={},
        retention={model: {"all": tally(8), "zh": tally(4)} for model in MODELS},
        kept={},
        kept_by="right",
        hallucination={model: {"all": Invented(invented=0, total=0, low=0, high=1)} for model in MODELS},
        accepted={model: {"all": Invented(invented=2, total=4, low=0, high=1)} for model in MODELS},
        transitions={},
        documents=[],
        tests=[],
        gain=None,
        verdict=Verdict(passed=True, headline="learned", gates=[]),
    )
    console = Console(width=120)
    with console.capture() as captured:
        console.print(score_table(scores))
    rows = [line.split() for line in captured.get().splitlines()]
    assert ["recall,", "wording", "zh", "8", "100.0%", "100.0%", "100.0%"] in rows
    assert ["recall,", "frame", "en", "8", "0.0%", "37.5%", "50.0%"] in rows
    assert ["recall", "all", "8", "0.0%", "75.0%", "87.5%"] in rows
    assert ["general", "ability", "zh", "8", "50.0%", "50.0%", "50.0%"] in rows
    assert ["invented", "answers", "all", "0", "-", "-", "-"] in rows
