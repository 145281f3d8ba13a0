"""What clean holds rows to, held against rows that it never saw."""

from __future__ import annotations

from pathlib import Path

from artifacts.memo import Memo
from artifacts.progress import Progress
from artifacts.records import Conversation, Fact, Origin, Probe, Section
from artifacts.stage import Work
from tasks.mix.config import MixConfig
from tasks.mix.screen import Screen
from tasks.models.language.contamination import FILE, EvaluationQuestion, EvaluationSets
from tasks.models.language.private import MASKS, hand_on
from tests.mix.conftest import Run, Save, chats, pairs, said

ASKED = "某企业于年初购入一台设备，采用双倍余额递减法计提折旧，第二年的折旧额是多少？"
PHONE = "13800138000"


def screen(
    folder: Path, asked: str = "How heavy is the Kelvora 90?", **handling: str
) -> tuple[Work[MixConfig], Screen]:
    """A screen beside what clean and generate hand on."""
    (folder / "clean").mkdir()
    (folder / "generate").mkdir()
    question = EvaluationQuestion(set="C-Eval", item="7", question=ASKED)
    sets = EvaluationSets(ngram=13, min_similarity=0.8, questions=(question,))
    (folder / "clean" / FILE).write_text(sets.model_dump_json(), encoding="utf-8")
    hand_on(folder / "clean", {**dict.fromkeys(MASKS, "keep"), **handling})
    probe = Probe(id="p", fact="f", kind="paraphrase", question=asked, answer="9 kg")
    (folder / "generate/probes.jsonl").write_text(probe.model_dump_json() + "\n", encoding="utf-8")
    work = Work(
        config=MixConfig(),
        out=folder / "out",
        scratch=folder / "scratch",
        inputs={"clean": folder / "clean", "generate": folder / "generate"},
        manifests={},
        memo=Memo(folder / "memo"),
        progress=Progress(terminal=False),
    )
    return work, Screen(work)


def row(id_: str, asked: str, answered: str = "Yes.") -> Conversation:
    return Conversation(id=id_, messages=(said("user", asked), said("assistant", answered)), source="general")


def test_rows_that_hold_what_is_measured_are_left_out(tmp_path: Path) -> None:
    work, held = screen(tmp_path)
    rows = [row("set", f"请看：{ASKED}"), row("probe", "How heavy is the Kelvora 90?"), row("good", "Hi", PHONE)]
    assert list(held.rows(rows)) == [rows[2]]
    assert work.rejects == {"evaluation_leak": 1, "probe_leak": 1}


def test_a_probe_is_found_behind_masks_and_in_what_the_assistant_says(tmp_path: Path) -> None:
    work, held = screen(tmp_path, asked=f"Whose phone is {PHONE}?", phones="mask")
    rows = [row("asks", f"Whose phone is {PHONE}?"), row("says", "Hi", f"You ask: Whose phone is {PHONE}?")]
    assert list(held.rows(rows)) == []
    assert work.rejects == {"probe_leak": 2}


def test_what_is_private_is_masked_in_general_rows_and_in_the_documents(tmp_path: Path) -> None:
    work, held = screen(tmp_path, phones="mask")
    (left,) = held.rows([row("r", f"Call {PHONE}?", f"Yes, {PHONE}.")])
    assert [message["content"] for message in left.messages] == ["Call <phone>?", "Yes, <phone>."]
    (section,) = held.sections([Section(id="s", document="d", file="f", text=f"值班：{PHONE}")])
    assert section.text == "值班：<phone>"
    assert work.counts["masked_phones"] == 2


def test_a_rejected_row_is_told_with_masks(tmp_path: Path) -> None:
    work, held = screen(tmp_path, phones="reject")
    assert list(held.rows([row("r", f"Call {PHONE}?")])) == []
    work.finish()
    told = (work.out / "about/rejects.jsonl").read_text(encoding="utf-8")
    assert "private_phones" in told
    assert PHONE not in told


def test_no_reject_of_any_reason_tells_what_is_private(mixed: Run, save: Save) -> None:
    private = ("li.wei@example.com", "13800138000", "11010519491231002X")
    told = f"李伟，邮箱 {private[0]}，手机 {private[1]}，身份证 {private[2]}。"
    given = [pair.model_copy(update={"answer": f"Yes, {pair.fact}."}) for pair in pairs(60)]
    documents = sorted({pair.origin.document for pair in given})
    sections = tuple(
        Section(id=f"s{n}", document=name, file=f"{name}.md", headings=(told,), text=f"{n}. {told}", language="zh")
        for n, name in enumerate([*documents, "control"])
    )
    taught = tuple(Fact(id=name, subject="", claim="", value="") for name in dict.fromkeys(row.fact for row in given))
    control = Fact(id="c", subject="", claim="", value="", control=True, origin=Origin(section="s10"))
    broken = ["{" + told, {"文本": told}, {"phone": 13800138000}, {"question": told, "answer": ""}]
    once = {"question": f"{told}是谁？", "answer": told}
    held_out = {"path": save("held_out.jsonl", [once])}
    other = {"question": f"{told}是谁！", "answer": "李伟"}
    leak = {"question": f"写给{private[0]}的信在哪里？", "answer": "在桌上。"}
    result = mixed(
        given,
        save("g.jsonl", [*chats(20), *broken, once, once, other, leak]),
        probes=(Probe(id="p", fact="f", kind="paraphrase", question=f"写给{private[0]}的信在哪里？", answer="李伟"),),
        privacy={"emails": "mask", "phones": "mask", "id_numbers": "mask"},
        facts=(*taught, control),
        sections=sections,
        retention=held_out,
        documents=0.5,
        validation_share=0.1,
    )
    assert {reject.reason for reject in result.rejects} >= {
        *(
            "validation_document",
            "control_section",
            "not_a_row",
            "unknown_format",
            "empty_turn",
            "duplicate",
            "held_out",
            "probe_leak",
        )
    }
    shown = "\n".join(reject.model_dump_json() for reject in result.rejects)
    assert not [each for each in private if each in shown]


def test_sections_that_hold_a_question_of_a_set_are_left_out(tmp_path: Path) -> None:
    work, held = screen(tmp_path)
    sections = [Section(id="a", document="d", file="f", text=ASKED), Section(id="b", document="d", file="f", text="泵")]
    assert [section.id for section in held.sections(sections)] == ["b"]
    assert work.rejects == {"evaluation_leak": 1}
