"""Whether the model passes, in words."""

from __future__ import annotations

from tasks.evaluate.config import Gates
from tasks.evaluate.scores import ALL, Gate, Measures, Verdict
from tasks.evaluate.tables import ALIGNED, BASE, SFT

BY = {  # what `kept` compares, for the reader of a table of right answers
    "right": "",
    "f1": " by F1 (the base model has too few right answers to compare)",
}
LEARNED_NOTHING = 0.05  # of the trained questions; a model that learns them at all gets most of them right
LANGUAGES = {"en": "English", "zh": "Chinese"}


def judge(measures: Measures, gates: Gates) -> Verdict:
    """The three gates; what was not measured does not pass, because nothing shows that it holds."""
    found = [
        _recall(measures, gates.min_recall_gain),
        _retention(measures, gates.max_retention_loss),
        _hallucination(measures, gates.max_hallucination_rise),
    ]
    return Verdict(passed=all(gate.passed for gate in found), headline=_headline(measures), gates=found)


def _recall(measures: Measures, least: float) -> Gate:
    gain = measures.gain
    if gain is None:
        return _unmeasured("recall", "no held-out question about a trained fact was there to ask; see generate.probes")
    reason = (
        f"rose by {gain.value:.2f} (95 % interval {gain.low:.2f} to {gain.high:.2f}, resampled by "
        f"{gain.resampled_by}); the lower end must be above {least:.2f}"
    )
    if _learned_nothing(measures):
        reason += (
            "; not even the questions that were trained are answered: train longer (sft.epochs) or with a higher "
            "learning rate (sft.learning_rate)"
        )
    return Gate(name="recall", passed=gain.low > least, reason=reason)


def _learned_nothing(measures: Measures) -> bool:
    """Whether SFT left the trained questions as they were, next to none of them right."""
    before, after = (measures.trained[model][ALL] for model in (BASE, SFT))
    return bool(after.total) and after.right <= before.right and after.share < LEARNED_NOTHING


def _retention(measures: Measures, most: float) -> Gate:
    shares = measures.kept[ALIGNED]
    kept = {language: share for language, share in shares.items() if share is not None and language != ALL}
    if not kept:
        return _unmeasured(
            "retention",
            "the base model answered no held-out general question, so no loss can be seen; see mix.retention",
        )
    passed = min(kept.values()) >= 1 - most
    told = ", ".join(f"{share:.2f} in {LANGUAGES.get(language, language)}" for language, share in kept.items())
    reason = (
        f"of the base model's general ability{BY[measures.kept_by]} was kept: {told}; {1 - most:.2f} is asked for in "
        "each language"
    )
    return Gate(name="retention", passed=passed, reason=reason)


def _hallucination(measures: Measures, most: float) -> Gate:
    base, before, after = (measures.hallucination[model][ALL] for model in (BASE, SFT, ALIGNED))
    if not after.total:
        return _unmeasured(
            "hallucination", "no unanswerable question was there to ask; see generate.probes.unanswerable"
        )
    rise = after.share - before.share
    reason = (
        f"{after.invented} of {after.total} questions that have no answer got an invented one, {before.invented} "
        f"before alignment and {base.invented} of the base model; alignment may raise the share by at most {most:.2f}"
    )
    return Gate(name="hallucination", passed=rise <= most, reason=reason)


def _unmeasured(name: str, why: str) -> Gate:
    return Gate(name=name, passed=False, reason=f"not measured: {why}")


def _headline(measures: Measures) -> str:
    recall = {model: measures.recall[model][ALL][ALL] for model in (BASE, ALIGNED)}
    invented = {model: measures.hallucination[model][ALL] for model in (BASE, SFT, ALIGNED)}
    kept = measures.kept[ALIGNED][ALL]
    parts = []
    if recall[ALIGNED].total:
        parts.append(f"learned {recall[ALIGNED].share:.2f} of held-out questions (base {recall[BASE].share:.2f})")
    if kept is not None:
        parts.append(f"kept {kept:.2f} of general ability{BY[measures.kept_by]}")
    if invented[ALIGNED].total:
        parts.append(
            f"made up {invented[ALIGNED].share:.2f} of answers to what nobody can know "
            f"(base {invented[BASE].share:.2f}, SFT {invented[SFT].share:.2f})"
        )
    return "; ".join(parts) or "nothing could be measured"
