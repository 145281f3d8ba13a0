"""`mods`: rows of good quality that cover all others, and those that a first tuned model answers badly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from artifacts.records import Conversation, Message
from artifacts.stage import Work
from tasks.mix.config import MixConfig, MoDS
from tasks.mix.draw import chance
from tasks.mix.select.coverage import Coverage
from tasks.mix.select.verdict import NOT_SELECTED, Verdict, cells, quota
from tasks.models.answers import Decoding, remembered_answers
from tasks.models.config import tuned_identity
from tasks.models.local import load_model, load_tokenizer, pick_device
from tasks.models.scoring.embeddings import Embeddings
from tasks.models.scoring.reader import causal_reader
from tasks.models.scoring.rewards import Rewards, reward_reader

LOW_QUALITY = "low_quality"
ANSWER_TOKENS = 256  # of the tuned model's answers: enough to see that one goes wrong


def by_mods(work: Work[MixConfig], dials: MoDS, rows: Sequence[Conversation]) -> list[Verdict]:
    qualities = rewards_of(work, dials, [row.messages for row in rows], "quality")
    good = [place for place, quality in enumerate(qualities) if quality >= dials.min_quality]
    room = {cell: quota(dials.keep, len(places)) for cell, places in cells(rows).items()}
    taken = covering(work, dials, [rows[place] for place in good], room)
    kept = {good[place] for place in taken}
    verdicts = []
    for place, quality in enumerate(qualities):
        if quality < dials.min_quality:
            low = Verdict(quality, LOW_QUALITY, f"reward {quality:.5g}, below min_quality {dials.min_quality:g}")
            verdicts.append(low)
        elif place not in kept:
            verdicts.append(Verdict(quality, NOT_SELECTED, f"reward {quality:.5g}; the rows that are kept cover it"))
        else:
            verdicts.append(Verdict(quality))
    return verdicts


def covering(
    work: Work[MixConfig], dials: MoDS, rows: Sequence[Conversation], room: Mapping[tuple[str, str], int]
) -> list[int]:
    """Places of rows of good quality: those that cover the others, then those that are answered badly; of each as many
    at most as there is room for in a cell."""
    if not rows:
        return []
    with work.progress.task("mods: hidden states", len(rows)) as progress:
        reader = causal_reader(work.memo, dials.model, dials, progress.advance)
        embedded = Embeddings(reader, "mean").of_prompts([row.messages for row in rows])
    tell_cut(work, dials, embedded.cut, len(rows), "prompts")
    vectors = embedded.vectors.to(pick_device(dials.model))
    of_cells = cells(rows)
    coverages = {cell: Coverage(vectors[places]) for cell, places in of_cells.items()}
    taken: list[int] = []
    begin = [chance("select", work.config.seed, row.id) for row in rows]
    for cell, places in of_cells.items():
        first = places.index(min(places, key=begin.__getitem__))
        taken += [places[n] for n in coverages[cell].choose(range(len(places)), room[cell], first)]
    if dials.tuned:
        bad = set(badly_answered(work, dials, rows, sorted(set(range(len(rows))) - set(taken))))
        for cell, places in of_cells.items():
            candidates = [n for n, place in enumerate(places) if place in bad]
            taken += [places[n] for n in coverages[cell].choose(candidates, room[cell], 0)]
    return taken


def badly_answered(
    work: Work[MixConfig], dials: MoDS, rows: Sequence[Conversation], places: Sequence[int]
) -> list[int]:
    """Of these places, those of rows whose prompt the tuned model answers below `min_quality`."""
    prompts = [rows[place].messages[:-1] for place in places]
    with work.progress.task("mods: answers", len(prompts)) as progress:
        answers = remembered_answers(
            work.memo,
            f"{dials.model.identity()} {tuned_identity(dials.tuned, 'mix.select.tuned')}",
            dials.model,
            lambda: load_model(dials.model, Path(dials.tuned).expanduser()),
            load_tokenizer(dials.model),
            prompts=prompts,
            decoding=Decoding(max_new_tokens=ANSWER_TOKENS),
            batch_size=dials.batch_size,
            advance=progress.advance,
        )
    said: list[tuple[Message, ...]] = [
        (*prompt, {"role": "assistant", "content": answer}) for prompt, (answer,) in zip(prompts, answers, strict=True)
    ]
    rewards = rewards_of(work, dials, said, "answers")
    return [place for place, reward in zip(places, rewards, strict=True) if reward < dials.min_quality]


def rewards_of(
    work: Work[MixConfig], dials: MoDS, conversations: Sequence[Sequence[Message]], what: str
) -> list[float]:
    with work.progress.task(f"mods: {what}", len(conversations)) as progress:
        rewards = Rewards(reward_reader(work.memo, dials.reward, dials, progress.advance)).of(conversations)
    tell_cut(work, dials, sum(reward.cut > 0 for reward in rewards), len(rewards), "conversations")
    return [reward.score for reward in rewards]


def tell_cut(work: Work[MixConfig], dials: MoDS, cut: int, count: int, things: str) -> None:
    if cut:
        work.notes.append(
            f"select: {cut:,} of {count:,} {things} are longer than max_length ({dials.max_length:,} tokens); what "
            "stands behind it was not read"
        )
