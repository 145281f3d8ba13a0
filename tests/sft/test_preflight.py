"""What preflight finds with the tokenizer alone, under templates like those of real models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import trl

from artifacts.records import Conversation, Message, Probe, Reject, read_jsonl
from artifacts.stage import StageError, Work
from artifacts.store import Manifest
from tasks.models.config import ModelConfig
from tasks.models.embedded.architecture import make_tokenizer
from tasks.models.language.contamination import FILE, EvaluationQuestion, EvaluationSets
from tasks.models.local import load_model, load_tokenizer
from tasks.sft.config import SftConfig
from tasks.sft.long import parts
from tasks.sft.preflight import Preflight
from tasks.sft.task import is_ordered
from tasks.sft.template import Template
from tasks.sft.train import trainer_for
from tests.conftest import TEXTS
from tests.sft.test_sft import ROWS, config_for, work_on

TEMPLATES = Path(trl.__file__).parent / "chat_templates"
CHATML_TURN = "{{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
MARKED = "{%- generation %}{{- message['content'] + '<|im_end|>' }}{%- endgeneration %}"


def tokenizer_with(template: str, *special: str, **named: str) -> Any:
    """A small tokenizer that knows the special tokens of a template."""
    tokenizer = make_tokenizer(TEXTS, vocabulary=400)
    tokenizer.add_special_tokens({"additional_special_tokens": list(special), **named})
    tokenizer.chat_template = template
    return tokenizer


def shipped(name: str) -> str:
    return (TEMPLATES / f"{name}.jinja").read_text(encoding="utf-8")


def real(name: str) -> Any:
    """A tokenizer with the chat template of a family of models."""
    if name.startswith("llama"):
        special = ("<|start_header_id|>", "<|end_header_id|>")
        return tokenizer_with(shipped(name), *special, bos_token="<|begin_of_text|>", eos_token="<|eot_id|>")
    if name == "gemma":
        return tokenizer_with(shipped(name), "<start_of_turn>", "<end_of_turn>", bos_token="<bos>")
    return tokenizer_with(shipped(name))


def chatml(assistant: str, before: str = "", others: str = CHATML_TURN) -> Any:
    """A ChatML template with another way to write the assistant's turns."""
    return tokenizer_with(
        f"{before}{{%- for message in messages %}}{{%- if message['role'] == 'assistant' %}}{assistant}"
        f"{{%- else %}}{others}{{%- endif %}}{{%- endfor %}}"
    )


def good(assistant: str = MARKED) -> str:
    return "{{- '<|im_start|>assistant\\n' }}" + assistant + "{{- '\\n' }}"


def talk(*said: str, system: str = "", **fields: Any) -> Conversation:
    turns = [said_by("user" if place % 2 == 0 else "assistant", text) for place, text in enumerate(said)]
    messages = [said_by("system", system), *turns] if system else turns
    return Conversation(**{"id": said[0], "source": "g", "messages": tuple(messages), **fields})


def said_by(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def checked(
    tmp_path: Path,
    rows: list[Conversation],
    tokenizer: Any,
    probes: tuple[Probe, ...] = (),
    **dials: Any,
) -> tuple[list[Conversation], Work[SftConfig]]:
    work = work_on(SftConfig(**dials), tmp_path, rows, [], probes)
    preflight = Preflight(work, Template(tokenizer))
    kept = preflight.rows("train.jsonl")
    preflight.finish()
    work.finish()
    return kept, work


@pytest.mark.parametrize("name", ["qwen2_5", "qwen3", "llama3", "gemma"])
def test_the_templates_of_real_models_pass(tmp_path: Path, name: str) -> None:
    rows = [talk("水箱多大？", "十二升。"), talk("What is it?", "A tank.\n\n- of steel", "How large?", "12 litres.")]
    kept, work = checked(tmp_path, rows, real(name))
    assert kept == rows
    assert work.facts["trained_tokens"] > 0
    template = Template(real(name))
    spans = list(template.render(rows[1].messages).spans())
    assert len(spans) == 2, "the answers are in the loss, and nothing between them"


def test_a_row_that_a_template_does_not_take_is_left_out(tmp_path: Path) -> None:
    rows = [*ROWS, talk("Hi", "Hello", system="Be brief.")]
    kept, work = checked(tmp_path, rows, real("gemma"), left_out=0.1)
    assert kept == ROWS
    assert dict(work.rejects) == {"refused_by_template": 1}


@pytest.mark.parametrize("before", ["messages[0]['content'] + '\\n\\n' if loop.index == 4", "''"])
def test_a_template_that_moves_or_loses_the_system_turn_trains_rows_without_one(tmp_path: Path, before: str) -> None:
    """As Mistral's, which says it before the last question."""
    user = "{{- '<|im_start|>user\\n' }}{%- if message['role'] == 'user' and messages[0]['role'] == 'system' %}{{- "
    user += before + " }}{%- endif %}{{- message['content'] + '<|im_end|>\\n' }}"
    tokenizer = chatml(good(), others="{%- if message['role'] == 'user' %}" + user + "{%- endif %}")
    moved = talk("Hi", "Hello", "And you?", "Fine.", system="Be brief.")
    kept, work = checked(tmp_path, [*ROWS, moved], tokenizer, left_out=0.1)
    assert kept == ROWS
    assert dict(work.rejects) == {"changed_by_template": 1}


def test_white_space_that_a_template_strips_is_told_and_no_flaw(tmp_path: Path) -> None:
    kept, work = checked(tmp_path, [*ROWS, talk("Count:", " one, two\n")], real("llama3"))
    assert len(kept) == len(ROWS) + 1
    assert "the chat template strips white space around turns of 1 rows" in work.notes


@pytest.mark.parametrize(
    ("tokenizer", "said"),
    [
        (chatml(good(MARKED.replace("message['content']", "message['content'] | upper"))), "does not give the assist"),
        (
            chatml(good(MARKED.replace("message['content']", "message['content'] | replace('&', '&amp;')"))),
            "does not give the assistant's",
        ),
        (chatml(good(), others="{{- '<|im_start|>user\\nQuestion<|im_end|>\\n' }}"), "does not give the user's turn"),
        (chatml(good(), before="{{- '<|im_start|><|im_start|>' }}"), r"writes <\|im_start\|> twice in a row"),
        (
            chatml(good(), others="{%- generation %}" + CHATML_TURN + "{%- endgeneration %}"),
            "puts the system's turn into the loss",
        ),
        (
            chatml("{%- if loop.last %}" + good() + "{%- else %}" + CHATML_TURN + "{%- endif %}"),
            "marks 1 of the 2 answ",
        ),
        (chatml(good(), before="{{- raise_exception('one') if messages | length > 3 }}"), "two questions: one"),
        (chatml(good(), before="{%- if %}"), "fails on a talk of two questions: Expected an expression"),
    ],
    ids=["upper", "escaped", "lost", "double", "user-trained", "last-alone", "one-exchange", "syntax"],
)
def test_a_template_that_teaches_something_else_is_refused(tokenizer: Any, said: str) -> None:
    with pytest.raises(StageError, match=said):
        Template(tokenizer)


def test_a_double_begin_of_text_is_refused() -> None:
    tokenizer = real("llama3")
    tokenizer.chat_template = "{{- bos_token }}" + shipped("llama3_training")
    with pytest.raises(StageError, match=r"writes <\|begin_of_text\|> twice in a row"):
        Template(tokenizer)


def test_rows_with_a_flaw_are_left_out_each_with_its_reason(tmp_path: Path) -> None:
    bad = {
        "empty_turn": talk("What?", " \u200b\ufeff"),
        "equal_turns": talk("Say it", "Say  it\n"),
        "special_token_in_text": talk("Which token?", "It is <|im_end|>, of course."),
    }
    kept, work = checked(tmp_path, [*ROWS, *bad.values()], real("qwen2_5"), left_out=0.1)
    assert kept == ROWS
    assert dict(work.rejects) == dict.fromkeys(bad, 1)
    assert work.counts["in"] == len(ROWS) + 3


def test_an_answer_whose_end_is_not_in_the_loss_is_a_flaw(tmp_path: Path) -> None:
    """A template that closes an answer only where something follows."""
    ended = "{{- message['content'] }}{%- if not loop.last or messages | length == 5 %}{{- '<|im_end|>' }}{%- endif %}"
    tokenizer = chatml(good("{%- generation %}" + ended + "{%- endgeneration %}"))
    with pytest.raises(StageError, match=r"12 \(100.0%\): the end of an answer is not in the loss"):
        checked(tmp_path, ROWS, tokenizer)


def test_an_answer_without_a_token_in_the_loss_is_a_flaw(tmp_path: Path) -> None:
    marked = "{%- if messages | length > 2 %}" + MARKED + "{%- else %}{{- message['content'] }}{%- endif %}"
    with pytest.raises(StageError, match=r"12 \(100.0%\): no token of the assistant's is in the loss") as error:
        checked(tmp_path, ROWS, chatml(good(marked)))
    assert "put {% generation %} around every answer in the chat template" in str(error.value)
    for row in ROWS[:3]:
        assert f"row {row.id} the chat template marks no token of the answer {row.messages[-1]['content']!r}" in str(
            error.value
        )


def test_an_error_has_counts_and_three_examples_of_each_flaw(tmp_path: Path) -> None:
    empty, equal = [talk(f"Q{n}", "") for n in range(4)], [talk(f"E{n}", f"E{n}") for n in range(2)]
    long = [talk(f"L{n}", "word " * 300) for n in range(2)]
    again = [empty[0]] * 5  # a row may come many times in an epoch
    with pytest.raises(StageError) as caught:
        checked(tmp_path, [*ROWS, *again, *empty, *equal, *long], real("qwen2_5"), max_length=250)
    said = str(caught.value)
    assert "of 25 rows" in said
    assert "9 (36.0%): a turn has no text" in said
    assert "2 (8.0%): the answer repeats the question" in said
    assert [said.count(f"row Q{n} ") for n in range(4)] == [1, 1, 1, 0]
    assert "2 (8.0%): more tokens than sft.max_length" in said
    assert "drop loses them; truncate loses" in said
    assert "set sft.too_long" in said


def test_questions_of_an_evaluation_set_stop_with_their_number_and_three_examples(tmp_path: Path) -> None:
    asked = "下列哪种气体是植物在白天吸收的？"
    question = EvaluationQuestion(set="C-Eval", item="7", question=asked)
    sets = EvaluationSets(ngram=13, min_similarity=0.8, questions=(question,))
    leaks = [talk(f"请问{asked}", "二氧化碳。", id=f"leak{number}") for number in range(4)]
    work = work_on(SftConfig(left_out=1), tmp_path, [*ROWS, *leaks], [], ())
    work.beside["clean"] = tmp_path / "clean"
    work.beside["clean"].mkdir()
    (work.beside["clean"] / FILE).write_text(sets.model_dump_json(), encoding="utf-8")
    preflight = Preflight(work, Template(real("llama3")))
    preflight.rows("train.jsonl")
    with pytest.raises(StageError) as caught:
        preflight.finish()
    told = str(caught.value)
    assert f"- 4 ({4 / (len(ROWS) + 4):.1%})" in told
    assert "with 7 of the evaluation set C-Eval" in told
    assert [f"row leak{number}" in told for number in range(4)] == [True, True, True, False]


def test_a_leaked_probe_stops_whatever_the_share(tmp_path: Path) -> None:
    probe = Probe(id="p", fact="f", kind="paraphrase", question="What is the sum of 3 and 3?", answer="6")
    with pytest.raises(StageError, match=r"row leak asks what the held-out probe p asks"):
        checked(
            tmp_path, [*ROWS, talk("what is a sum of 3 and 3", "6", id="leak")], real("llama3"), (probe,), left_out=1
        )


LONG = "\n\n".join(f"第{n}段讲水箱的容量。The tank of part {n} holds {n} litres." for n in range(1, 13))


@pytest.mark.parametrize("policy", ["drop", "split", "truncate"])
def test_what_is_done_with_a_long_row(tmp_path: Path, policy: str) -> None:
    tokenizer = real("qwen2_5")
    long = talk("Tell all.", LONG, language="zh")
    kept, work = checked(tmp_path, [*ROWS, long], tokenizer, max_length=250, too_long=policy, left_out=0.1)
    new = kept[len(ROWS) :]
    cut = work.out / "about" / "too_long.jsonl"
    told = [json.loads(line) for line in cut.read_text().splitlines()] if cut.exists() else []
    whole = len(Template(tokenizer).render(long.messages).ids)
    assert f"of train.jsonl, 1 rows of {whole} tokens are longer than sft.max_length 250" in work.notes[0]
    assert work.facts["too_long"]["tokens_truncated"] == whole - 250
    match policy:
        case "drop":
            assert (new, told, dict(work.rejects)) == ([], [], {"longer_than_max_length": 1})
        case "truncate":
            assert new == [long]
            assert (told[0]["id"], told[0]["tokens_lost"]) == ("Tell all.", whole - 250)
        case "split":
            assert told == [{"id": "Tell all.", "tokens": whole, "split_into": len(new)}]
            assert "\n\n".join(row.messages[-1]["content"] for row in new) == LONG, "cut between paragraphs"
            assert all(len(Template(tokenizer).render(row.messages).ids) <= 250 for row in new)
            assert new[1].messages[0]["content"].startswith("Tell all.\n\n请从“")


def test_the_documents_share_after_splitting_is_told(tmp_path: Path) -> None:
    domain = [talk(f"Q{n}", "The tank is large.", source="domain") for n in range(4)]
    long = talk("Tell all.", LONG, language="zh")
    kept, work = checked(
        tmp_path, [*domain, *ROWS, long], real("qwen2_5"), max_length=250, too_long="split", left_out=1
    )
    (note,) = (note for note in work.notes if "too_long" in note)
    taught = sum(row.source in ("domain", "documents") for row in kept)
    assert f"would be {taught / (len(kept) - work.facts['too_long']['rows_if_split']):.0%} without them and " in note
    assert f"{taught / len(kept):.0%} with their parts" in note


def test_a_flaw_in_most_validation_rows_stops(tmp_path: Path) -> None:
    empty = [talk(f"V{n}", "") for n in range(3)]
    work = work_on(SftConfig(left_out=0.3), tmp_path, ROWS, [*ROWS[:1], *empty], ())
    preflight = Preflight(work, Template(real("qwen2_5")))
    for name in ("train.jsonl", "validation.jsonl"):
        preflight.rows(name)
    with pytest.raises(StageError, match=r"of 4 rows of mix's validation.jsonl\n- 3 \(75.0%\): a turn has no text"):
        preflight.finish()


def test_trl_cuts_a_truncated_row_where_preflight_says(tiny_model: ModelConfig, tmp_path: Path) -> None:
    tokenizer = load_tokenizer(tiny_model)
    config = config_for(tiny_model, max_length=50, too_long="truncate")
    kept, work = checked(tmp_path, [*ROWS[:3], talk("Tell.", LONG)], tokenizer, max_length=50, too_long="truncate")
    trainer = trainer_for(config, load_model(tiny_model), tokenizer, kept, [], epochs=1, scratch=tmp_path)
    lengths = [len(row["input_ids"]) for row in trainer.train_dataset]
    assert (len(lengths), max(lengths)) == (4, 50)
    in_loss = sum(label != -100 for row in trainer.train_dataset for label in row["labels"])
    assert work.facts["trained_tokens"] == in_loss


def test_a_long_talk_is_split_between_turns_and_keeps_its_system_turn() -> None:
    row = talk("a1", "b1", "a2", "b2", "a3", "b3", system="s")
    found = parts(row, lambda messages: len(messages) <= 5)
    assert found is not None
    texts = [[message["content"] for message in part.messages] for part in found]
    assert texts == [["s", "a1", "b1", "a2", "b2"], ["s", "a3", "b3"]]
    assert [part.id for part in found] == ["a1/1", "a1/2"]


def test_a_question_that_does_not_fit_can_not_be_split() -> None:
    assert parts(talk("word " * 50, "Yes."), lambda messages: len(messages[0]["content"]) < 50) is None


def test_the_documents_share_is_told_in_rows_and_in_tokens(tmp_path: Path) -> None:
    general = [talk(f"Tell me of {n}.", "word " * 40) for n in range(12)]
    texts = [talk("What does f.md say?", "The tank holds 12 litres.", source="documents")] * 4
    _, work = checked(tmp_path, [*ROWS, *texts, *general], real("qwen2_5"))
    shares = work.facts["domain_tokens"]
    assert shares["rows"] == round(16 / 28, 4)
    assert shares["trained"] < shares["total"] < shares["rows"]
    assert any(note.startswith("of the training rows 57% teach the documents, of their tokens ") for note in work.notes)
    assert set(work.facts["lengths"]) == {"p50", "p95", "p99", "max"}


def test_an_ordered_mix_is_trained_in_its_order_and_another_is_shuffled(
    tiny_model: ModelConfig, tmp_path: Path
) -> None:
    tokenizer, model = load_tokenizer(tiny_model), load_model(tiny_model)

    def shown(**order: bool) -> list[str]:
        config = config_for(tiny_model, batch_size=3)
        trainer = trainer_for(config, model, tokenizer, ROWS, [], epochs=2, scratch=tmp_path, **order)
        batches = list(trainer.get_train_dataloader())
        return [tokenizer.decode(ids) for batch in batches for ids in batch["input_ids"]]

    inorder = shown(ordered=True)
    assert [ROWS[place].messages[0]["content"] in text for place, text in enumerate(inorder)] == [True] * len(ROWS)
    assert shown() == shown(ordered=False) != inorder


@pytest.mark.parametrize(("facts", "ordered"), [({}, False), ({"ordered": True}, True)])
def test_mix_says_whether_the_order_counts(tmp_path: Path, facts: dict[str, Any], ordered: bool) -> None:
    work = work_on(SftConfig(), tmp_path, ROWS, [])
    assert not is_ordered(work)
    empty = {"stage": "mix", "version": 1, "key": "", "digest": "", "inputs": {}, "config": {}, "outside": {}}
    rest = {"files": [], "rows": 0, "bytes": 0, "counts": {}, "rejects": {}, "notes": [], "models": {}, "spent": {}}
    work.manifests["mix"] = Manifest.model_construct(**empty, **rest, facts=facts)
    assert is_ordered(work) is ordered


def test_rejects_of_preflight_lie_in_the_artifact(tmp_path: Path) -> None:
    _, work = checked(tmp_path, [*ROWS, talk("Same", "Same")], real("qwen3"), left_out=0.1)
    (reject,) = read_jsonl(work.out / "about" / "rejects.jsonl", Reject)
    assert (reject.reason, reject.record["id"]) == ("equal_turns", "Same")
