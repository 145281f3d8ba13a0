"""Rows of every kind on their way from the teacher to training, through the stages as they are."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from artifacts.progress import Progress
from artifacts.records import Conversation, Fact, QAPair, read_jsonl
from artifacts.stage import produce
from artifacts.store import Store
from tasks.clean.config import CleanConfig
from tasks.clean.task import make as clean
from tasks.mix.config import MixConfig
from tasks.mix.task import make as mix
from tasks.models.language.match import contains
from tasks.models.scripted import Request, ScriptedEndpoint
from tests.generate.school import dials, pairs, run, section
from tests.generate.teachers import Items, by_prompt

PUMPS = [section(f"Weight: {n + 10} kg\nLid: red", "Pumps", f"KX-{n}00", file=f"{n}.md") for n in range(1, 10)]
TANKS = [section(f"容量：{n + 20} 升", "水箱", f"TX-{n} 型水箱", language="zh", file=f"{n}.docx") for n in range(1, 10)]


def facts(request: Request) -> Items:
    """The weight or the volume that the section states."""
    found = []
    for name, weight in re.findall(r"(KX-\d00)\n\nWeight: (\d+ kg)", request.prompt):
        found.append((name, f"The {name} weighs {weight}.", weight, f"Weight: {weight}"))
    for name, volume in re.findall(r"(TX-\d 型水箱)\n\n容量：(\d+ 升)", request.prompt):
        found.append((name, f"{name}的容量是{volume}。", volume, f"容量：{volume}"))
    return [
        {"subject": name, "claim": claim, "value": value, "aliases": [], "evidence": [line]}
        for name, claim, value, line in found
    ]


def questions(request: Request) -> Items:
    """Two questions for the fact that is in the rows."""
    ((claim, name),) = re.findall(r'"claim": "((?:The )?([KT]X-\d+(?: 型水箱)?).*?)"', request.prompt)
    asked = [f"{name}能装多少水？", f"{name}的容积有多大？"] if "水箱" in name else [f"How heavy is the {name}?"]
    return [{"fact": 1, "questions": asked, "answer": claim}]


def talk(request: Request) -> Items:
    return [
        {
            "turns": [
                {"question": f"What is the weight of a {fact['subject']}?", "answer": fact["claim"], "evidence": line},
                {"question": f"And the colour of the lid of a {fact['subject']}?", "answer": "Red.", "evidence": lid},
            ]
        }
        for fact in facts(request)
        if "kg" in fact["value"]
        for line, lid in [(fact["evidence"], ["Lid: red"])]
    ]


def trained(root: Path, **values: Any) -> tuple[list[Fact], list[QAPair], list[Conversation]]:
    """The facts, the rows that are made of the sections, and what there is to train on of them in the end."""
    with ScriptedEndpoint(by_prompt(facts=facts, questions=questions, multiturn=talk)) as server:
        config = dials(server.url, heading_questions=False, **values)
        store, made = run(root, config, [*PUMPS, *TANKS])
    quiet = Progress(terminal=False)
    cleaned = produce(store, CleanConfig(), {"generate": made.ref}, clean, progress=quiet)
    mixing = MixConfig(domain_share=1, validation_share=0, retention_rows=0)
    mixed = produce(
        store,
        mixing,
        {"parse": store.manifest(made.ref).inputs["parse"], "clean": cleaned.ref, "generate": made.ref},
        mix,
        progress=quiet,
    )
    rows = list(read_jsonl(Store(root).path(mixed.ref) / "train.jsonl", Conversation))
    return list(read_jsonl(store.path(made.ref) / "facts.jsonl", Fact)), pairs(store, made), rows


def test_rows_of_every_kind_are_trained(tmp_path: Path) -> None:
    probes = {"paraphrases": 0, "control_share": 0, "unanswerable": 0}
    retrieval = {"raft_share": 1, "abstention_share": 0.4, "k": 2}
    _, made, rows = trained(tmp_path, strategies=["facts", "multiturn"], probes=probes, retrieval=retrieval)
    kinds = Counter(row.kind for row in made)
    assert set(kinds) == {"fact", "raft", "abstention", "multiturn"}
    assert Counter({row.id: row.kind for row in made}[row.id] for row in rows) == kinds


def test_no_control_fact_is_shown_or_said(tmp_path: Path) -> None:
    probes = {"paraphrases": 0, "control_share": 0.3, "max_controls": 200, "unanswerable": 0}
    found, made, rows = trained(tmp_path, probes=probes, retrieval={"raft_share": 1, "abstention_share": 0.4, "k": 3})
    controls = [fact for fact in found if fact.control]
    assert 0 < len(controls) < len(found)
    assert {"raft", "abstention"} < {row.kind for row in made}
    told = json.dumps([row.messages for row in rows], ensure_ascii=False)
    assert not [fact.claim for fact in controls if contains(told, fact.subject)]
