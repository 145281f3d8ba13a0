"""questions + base and tuned model -> preference pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import asdict, replace
from functools import cache
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from artifacts.publish import run_stage
from artifacts.records import Conversation, PreferencePair, Probe, QAPair
from artifacts.runs import Run
from artifacts.stage import Work
from artifacts.store import Ref
from tasks.models.answers import Decoding, remembered_answers
from tasks.models.config import ModelConfig
from tasks.models.language.leak import Guard
from tasks.models.local import Model, load_model, load_tokenizer
from tasks.prefer.config import PreferConfig
from tasks.prefer.pairs import Choice, Judged, choose, judge
from tasks.prefer.prompts import Prompt, trained_prompts, unanswerable_prompts

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@task(name="prefer", persist_result=False, cache_policy=NO_CACHE)
def prefer(run: Run, config: PreferConfig, *, clean: Ref, mix: Ref, sft: Ref, generate: Ref) -> Ref | State[Ref]:
    """Let the tuned and the base model answer, and pair right answers with wrong ones."""
    return run_stage(run, config, {"clean": clean, "mix": mix, "sft": sft}, make, generate=generate)


def make(work: Work[PreferConfig]) -> None:
    model = ModelConfig.model_validate_json((work.inputs["sft"] / "model.json").read_text(encoding="utf-8"))
    tokenizer = load_tokenizer(model)
    prompts = _prompts(work)
    judged = _answers(work, model, tokenizer, prompts)
    work.write("about/answers.jsonl", map(_told, judged))
    unlearned = _unlearned(judged)

    def length(text: str) -> int:
        return len(tokenizer(text, add_special_tokens=False)["input_ids"])

    pairs: dict[str, PreferencePair] = {}
    for answers in judged:
        if answers.prompt.answerable and answers.prompt.row.fact in unlearned:
            work.reject("unlearned", answers.prompt.row, "the tuned model never answers this fact rightly")
            continue
        choice = choose(answers, length, work.config)
        _account(work, answers, choice)
        if choice.pair is not None:
            pairs[choice.pair.id] = choice.pair
    work.write("pairs.jsonl", pairs.values())
    work.counts["in"], work.counts["kept"], work.counts["unlearned_facts"] = len(prompts), len(pairs), len(unlearned)
    _note(work, pairs.values(), unlearned)


def _prompts(work: Work[PreferConfig]) -> list[Prompt]:
    config = work.config
    pairs = {pair.id: pair for pair in work.read("clean", "qa.jsonl", QAPair)}
    rows = work.read("mix", "train.jsonl", Conversation)
    trained = trained_prompts(rows, pairs, wordings=config.wordings_per_fact, most=config.max_prompts, seed=config.seed)
    made_up = unanswerable_prompts(config.unanswerable_prompts, trained, pairs.values(), config.seed)
    guard = Guard(work.read("generate", "probes.jsonl", Probe))
    for prompt in (*trained, *made_up):
        guard.refuse("prefer", prompt.row.id, prompt.messages, prompt.row.fact)
    return [*trained, *made_up]


def _answers(
    work: Work[PreferConfig], model: ModelConfig, tokenizer: PreTrainedTokenizerBase, prompts: list[Prompt]
) -> list[Judged]:
    """Ask the tuned model, greedily and drawn, and the base model about what has an answer; judge what they say."""
    config, adapter = work.config, work.inputs["sft"] / "adapter"
    work.models |= {"tuned": f"sft {work.manifests['sft'].digest}", "base": f"{model.path} {model.identity()}"}
    greedy = Decoding(max_new_tokens=config.max_new_tokens)
    sampled = replace(greedy, samples=config.samples, temperature=config.temperature, seed=config.seed)
    answerable = [prompt for prompt in prompts if prompt.answerable]
    with work.progress.task("prefer", 2 * len(prompts) + len(answerable)) as bar:

        def ask(role: str, load: Callable[[], Model], asked: list[Prompt], decoding: Decoding) -> list[list[str]]:
            return remembered_answers(
                work.memo,
                work.models[role],
                model,
                load,
                tokenizer,
                prompts=[prompt.messages for prompt in asked],
                decoding=decoding,
                batch_size=config.batch_size,
                afresh=work.force,
                advance=bar.advance,
            )

        tuned = cache(lambda: load_model(model, adapter))
        first, more = [ask("tuned", tuned, prompts, decoding) for decoding in (greedy, sampled)]
        del tuned  # its memory goes to the base model
        known = ask("base", cache(lambda: load_model(model)), answerable, greedy)
    base = {prompt.row.id: texts for prompt, texts in zip(answerable, known, strict=True)}
    own = (one + others for one, others in zip(first, more, strict=True))
    return [judge(prompt, texts, base.get(prompt.row.id, [])) for prompt, texts in zip(prompts, own, strict=True)]


def _unlearned(judged: list[Judged]) -> set[str]:
    """Facts that the tuned model answers rightly in no wording: DPO can't teach those."""
    asked = [answers for answers in judged if answers.prompt.answerable]
    known = {answers.prompt.row.fact for answers in asked if answers.any_right}
    return {answers.prompt.row.fact for answers in asked} - known


def _account(work: Work[PreferConfig], answers: Judged, choice: Choice) -> None:
    for reason, chosen, rejected in choice.dropped:
        row = answers.prompt.row
        record = {"id": row.id, "fact": row.fact, "question": row.question, "origin": row.origin.model_dump()}
        sides = {"chosen": asdict(chosen), "rejected": asdict(rejected)}
        work.reject(reason, record | sides, "the two answers make no pair")
    if choice.pair is not None:
        work.counts[choice.kind] += 1
    elif not choice.dropped:
        work.counts["never_wrong"] += 1


def _told(answers: Judged) -> dict[str, object]:
    row = answers.prompt.row
    return {
        "id": row.id,
        "fact": row.fact,
        "question": row.question,
        "reference": row.answer,
        "tuned": [asdict(answer) for answer in answers.own],
        "base": [asdict(answer) for answer in answers.base],
    }


def _note(work: Work[PreferConfig], pairs: Collection[PreferencePair], unlearned: set[str]) -> None:
    sources = Counter(f"{pair.chosen_source} over {pair.rejected_source}" for pair in pairs)
    work.facts["sources"] = dict(sorted(sources.items()))
    if unlearned:
        work.facts["unlearned"] = sorted(unlearned)
        work.notes.append(f"{len(unlearned)} facts were answered wrongly every time; they need more training in sft")
    if not pairs:
        work.notes.append("no preference pair was found, so align has nothing to learn from")
