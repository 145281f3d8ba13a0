"""Documents to be asked about: Markdown in English and Chinese, made from a seed, of sections that hold a table,
`key: value` lines and sentences. No two sections say the same."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

PER_DOCUMENT = 9  # sections


@dataclass(frozen=True)
class Words:
    """What a document is made of; the braces are filled in."""

    title: str
    heading: str
    text: str
    keys: tuple[tuple[str, str], ...]
    colon: str
    columns: tuple[str, ...]
    parts: tuple[str, ...]
    materials: tuple[str, ...]


ENGLISH = Words(
    title="Handbook {number}",
    heading="Pump {name}",
    text=(
        "{name} is installed in hall {hall} and was put into service on {day} May {year}. It is driven by a motor of "
        "{power} kW and moves {flow} litres a minute at a pressure of {pressure} bar. When the pressure stays below "
        "{low} bar for {minutes} minutes, the controller stops the motor and shows the code E{code}. A technician "
        "then cleans the strainer, vents the housing and starts the pump again from panel {panel}."
    ),
    keys=(
        ("Supplier", "{supplier}"),
        ("Order number", "PO-{order}"),
        ("Service interval", "{interval} hours"),
        ("Oil", "ISO VG {oil}"),
        ("Nominal flow", "{flow} l/min"),
    ),
    colon=": ",
    columns=("Part", "Material", "Weight", "Torque"),
    parts=("Impeller", "Shaft", "Housing", "Seal", "Coupling"),
    materials=("bronze", "steel 1.4571", "cast iron", "carbon", "rubber"),
)
CHINESE = Words(
    title="手册{number}",
    heading="水泵{name}",
    text=(
        "{name}安装在{hall}号车间，于{year}年5月{day}日投入使用。它由{power}千瓦的电机驱动，在{pressure}巴的压力下每分钟"
        "输送{flow}升。压力低于{low}巴并持续{minutes}分钟时，控制器会停止电机，并显示代码E{code}。技术员随后清洗滤网，"
        "排出壳体内的空气，再从{panel}号控制柜重新启动水泵。"
    ),
    keys=(
        ("供应商", "{supplier}公司"),
        ("订单号", "PO-{order}"),
        ("保养周期", "{interval}小时"),
        ("机油", "ISO VG {oil}"),
        ("额定流量", "{flow}升/分钟"),
    ),
    colon="：",
    columns=("部件", "材料", "重量", "扭矩"),
    parts=("叶轮", "泵轴", "泵壳", "密封", "联轴器"),
    materials=("青铜", "不锈钢", "铸铁", "碳", "橡胶"),
)


def write_documents(folder: Path, sections: int, seed: int = 0) -> None:
    """Fill a folder with documents of `sections` sections in all, every other one in Chinese."""
    folder.mkdir(parents=True)
    for number, first in enumerate(range(0, sections, PER_DOCUMENT)):
        write_document(folder, number, min(PER_DOCUMENT, sections - first), seed)


def write_document(folder: Path, number: int, sections: int, seed: int = 0) -> Path:
    words = CHINESE if number % 2 else ENGLISH
    parts = [words.title.format(number=number)]
    for place in range(sections):
        parts.append(_section(words, f"MX-{number:04}{place:02}", random.Random(f"{seed} {number} {place}")))
    path = folder / f"handbook-{number:04}.md"
    path.write_text("# " + "\n\n".join(parts) + "\n", encoding="utf-8")
    return path


def _section(words: Words, name: str, draw: random.Random) -> str:
    values = {
        "name": name,
        "supplier": "".join(draw.choice(letters) for letters in ("BDKMTV", "aeiou", "lnrst", "aeiou", "kmnrx")),
        "hall": draw.randint(2, 99),
        "day": draw.randint(1, 31),
        "year": draw.randint(1990, 2025),
        "power": draw.randint(2, 400),
        "flow": draw.randint(100, 9999),
        "pressure": draw.randint(11, 40),
        "low": draw.randint(2, 10),
        "minutes": draw.randint(2, 59),
        "code": draw.randint(100, 999),
        "panel": draw.randint(2, 99),
        "order": draw.randint(10_000, 99_999),
        "interval": draw.randint(100, 9000),
        "oil": draw.choice((32, 46, 68, 100)),
    }
    lines = [f"{key}{words.colon}{value.format(**values)}" for key, value in words.keys]
    rows = [words.columns, ("---",) * len(words.columns)]
    for part in words.parts:
        weight, torque = f"{draw.randint(1, 90)}.{draw.randint(1, 9)} kg", f"{draw.randint(5, 400)} Nm"
        rows.append((part, draw.choice(words.materials), weight, torque))
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return "\n\n".join([f"## {words.heading.format(name=name)}", words.text.format(**values), "\n".join(lines), table])
