"""Questions and answers in English and Chinese, the same for the same seed, with near-duplicates among them."""

from __future__ import annotations

import random
from collections.abc import Iterator

from artifacts.records import Probe, QAPair, Quote

SEED = 5
NEAR = 0.05  # share of rows that repeat one of the last rows but for a slip
BACK = 2000  # rows
WORDINGS = 3  # rows of one fact
PROBES = 500
SUBJECTS = ("pump", "valve", "contract", "invoice", "sensor", "policy", "server", "licence", "turbine", "warranty")
ASPECTS = ("limit", "interval", "owner", "threshold", "deadline", "price", "tolerance", "address", "period", "capacity")
FRAMES = (
    "What is the {aspect} of the {subject} {name}?",
    "Which {aspect} does the {name} {subject} have under {other}?",
    "Please tell me the {aspect} that applies to the {subject} {name}, as {other} has it.",
)
ZH_SUBJECTS = ("水泵", "阀门", "合同", "发票", "传感器", "制度", "服务器", "许可证", "汽轮机", "保修单")
ZH_ASPECTS = ("上限", "周期", "负责人", "阈值", "截止日期", "价格", "公差", "地址", "期限", "容量")
ZH_FRAMES = (
    "{subject}{name}的{aspect}是多少？",
    "按照{other}的规定，{subject}{name}适用的{aspect}是什么？",
    "请问{name}号{subject}的{aspect}在{other}里怎么写？",
)
SYLLABLES = (
    "ka",
    "ro",
    "mi",
    "ten",
    "sol",
    "var",
    "del",
    "pro",
    "qui",
    "nas",
    "ber",
    "tol",
    "fex",
    "gra",
    "lum",
    "hyd",
)
LETTERS = "设备运行参数标准温度压力检查维护安全规定员工部门负责系统数据管理流程审批时间产品质量服务客户合作技术支持文件"


def rows(count: int) -> Iterator[QAPair]:
    """As many rows, in the order in which a teacher would give them: three of a fact, then the next."""
    draw, last = random.Random(SEED), list[QAPair]()
    for number in range(count):
        if last and draw.random() < NEAR:
            row = _slip(draw, draw.choice(last), number)
        else:
            row = _row(draw, number)
            last.append(row)
            if len(last) > BACK:
                last.pop(0)
        yield row


def probes() -> Iterator[Probe]:
    draw = random.Random(SEED + 1)
    for number in range(PROBES):
        row = _row(draw, -number - 1)
        yield Probe(id=f"probe{number}", fact=f"probed{number}", kind="wording", question=row.question, answer="–")


def _row(draw: random.Random, number: int) -> QAPair:
    chinese = number // WORDINGS % 2 == 1
    said, value = (_chinese if chinese else _english), f"{draw.randrange(10**6) / 100}"
    question, answer = said(draw, number % WORDINGS, value)
    return QAPair(
        id=f"{draw.getrandbits(64):016x}",
        fact=f"fact{number // WORDINGS}",
        question=question,
        answer=answer,
        value=value,
        evidence=(Quote(text=answer[:80], section=f"{number:016x}", start=0, end=80),),
        language="zh" if chinese else "en",
        wording=f"frame {number % WORDINGS}",
        teacher="benchmark",
    )


def _english(draw: random.Random, frame: int, value: str) -> tuple[str, str]:
    def word() -> str:
        return "".join(draw.choices(SYLLABLES, k=draw.randint(1, 3)))

    subject, aspect = draw.choice(SUBJECTS), draw.choice(ASPECTS)
    name, other = f"{word().title()}-{draw.randrange(1000)}", f"{word().title()} {draw.randrange(100)}"
    question = FRAMES[frame].format(aspect=aspect, subject=subject, name=name, other=other)
    more = " ".join(word() for _ in range(_length(draw, 40)))
    return question, f"The {aspect} of the {subject} {name} is {value}. {more.capitalize()}."


def _chinese(draw: random.Random, frame: int, value: str) -> tuple[str, str]:
    def words(length: int) -> str:
        return "".join(draw.choices(LETTERS, k=length))

    subject, aspect = draw.choice(ZH_SUBJECTS), draw.choice(ZH_ASPECTS)
    name, other = f"{words(3)}{draw.randrange(1000)}", f"《{words(5)}》"
    question = ZH_FRAMES[frame].format(aspect=aspect, subject=subject, name=name, other=other)
    return question, f"{subject}{name}的{aspect}是{value}，{words(_length(draw, 70))}。"


def _length(draw: random.Random, median: int) -> int:
    """As lengths of answers are: many short, few long."""
    return min(1 + int(draw.lognormvariate(0, 0.8) * median), 10 * median)


def _slip(draw: random.Random, row: QAPair, number: int) -> QAPair:
    """The row with one letter of its answer doubled, or its last mark gone."""
    place = draw.randrange(len(row.answer))
    slipped = row.answer[:-1] if draw.random() < 0.5 else row.answer[: place + 1] + row.answer[place:]
    return row.model_copy(update={"id": f"{draw.getrandbits(64):016x}", "answer": slipped})
