"""Units of measure in English and Chinese, so that 1.5 kg and 1,500 克 are one figure and 12 kg and 12 g are two."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import prod

# Dimension -> factor -> names in plain form, apart from those that may mean several units (pound, 度).
# Only units that convert into one another by a fixed factor share a dimension: months are no number of days.
DIMENSIONS: dict[str, dict[str, str]] = {
    "count": {"1": "个 名 条 台 项 次 人 家 种 层 位 件 套 张 本 只 辆 部 页 章 节 款 间 批 份 支 根 颗 组 类"},
    "share": {"1": "% percent percents pct", "0.1": "‰ permille"},
    "times": {"1": "倍 fold x"},
    "length": {
        "0.001": "μm micron microns micrometre micrometres micrometer micrometers 微米",
        "1": "mm millimetre millimetres millimeter millimeters 毫米",
        "10": "cm centimetre centimetres centimeter centimeters 厘米 公分",
        "1000": "m metre metres meter meters 米 公尺",
        "1000000": "km kilometre kilometres kilometer kilometers 公里 千米",
        "25.4": "inch inches 英寸",
        "304.8": "ft foot feet 英尺",
        "1609344": "mile miles 英里",
    },
    "area": {"1": "m2 sqm 平方米 平米", "1000000": "km2 平方公里", "10000": "hectare hectares 公顷", "0.0001": "cm2"},
    "volume": {
        "1": "ml millilitre millilitres milliliter milliliters 毫升",
        "1000": "l litre litres liter liters 升",
        "1000000": "m3 立方米",
    },
    "mass": {
        "0.001": "mg milligram milligrams 毫克",
        "1": "g gram grams gramme grammes 克",
        "500": "斤",
        "1000": "kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes 千克 公斤",
        "1000000": "t tonne tonnes 吨",
        "453.59237": "lb lbs",
    },
    "time": {
        "0.001": "ms millisecond milliseconds 毫秒",
        "1": "s sec secs second seconds 秒 秒钟",
        "60": "min mins minute minutes 分钟",
        "3600": "h hr hrs hour hours 小时 个小时 钟头",
        "86400": "day days 天 日",
        "604800": "week weeks 周 星期 个星期",
    },
    "months": {"1": "month months 个月", "3": "quarter quarters 季度 个季度", "12": "year years yr yrs 年"},
    "temperature": {"1": "°c degc celsius 摄氏度"},
    "fahrenheit": {"1": "°f degf fahrenheit 华氏度"},
    "pressure": {
        "1": "pa pascal pascals 帕",
        "1000": "kpa 千帕",
        "1000000": "mpa 兆帕",
        "100000": "bar bars 巴",
        "100": "mbar",
    },
    "psi": {"1": "psi"},
    "force": {"1": "n newton newtons 牛 牛顿", "1000": "kn 千牛"},
    "torque": {"1": "n·m n.m nm newton-metres 牛米 牛·米"},  # once in plain form, Nm and nm are one
    "power": {"1": "w watt watts 瓦", "1000": "kw kilowatt kilowatts 千瓦", "1000000": "megawatt megawatts 兆瓦"},
    "energy": {"1": "wh", "1000": "kwh 千瓦时 度电"},
    "voltage": {"1": "v volt volts vdc vac 伏 伏特", "1000": "kv 千伏", "0.001": "mv 毫伏"},
    "current": {"1": "amp amps ampere amperes 安 安培", "0.001": "ma 毫安"},
    "charge": {"1000": "ah 安时", "1": "mah 毫安时"},
    "resistance": {"1": "ω ohm ohms 欧 欧姆", "1000": "kω kohm 千欧"},
    "frequency": {"1": "hz hertz 赫兹", "1000": "khz 千赫", "1000000": "mhz 兆赫", "1000000000": "ghz 吉赫"},
    "illuminance": {"1": "lx lux 勒克斯"},
    "light": {"1": "lm lumen lumens 流明"},
    "turns": {"1": "r rev revs revolution revolutions 转"},
    "noise": {"1": "db decibel decibels 分贝"},
    "data": {"1": "kb kilobyte kilobytes", "1000": "mb megabyte megabytes", "1000000": "gb gigabyte gigabytes",
             "1000000000": "tb terabyte terabytes"},
    "bits": {"1": "bit bits", "1000": "kbit kilobit kilobits", "1000000": "mbit megabit megabits 兆比特",
             "1000000000": "gbit gigabit gigabits"},
    "yuan": {"1": "¥ 元 块 块钱 rmb cny yuan 人民币", "0.1": "角", "0.01": "分钱"},
    "dollar": {"1": "$ usd dollar dollars 美元 美金"},
    "hkd": {"1": "hkd 港元 港币"},
    "euro": {"1": "€ eur euro euros 欧元"},
    "sterling": {"1": "£ gbp 英镑"},
    "yen": {"1": "jpy yen 日元"},
}  # fmt: skip
UNITS = {
    name: (dimension, Fraction(factor))
    for dimension, units in DIMENSIONS.items()
    for factor, names in units.items()
    for name in names.split()
}
RATES = {
    "rpm": "r/min", "kph": "km/h", "mph": "mile/h",
    "bps": "bit/s", "kbps": "kbit/s", "mbps": "mbit/s", "gbps": "gbit/s",
}  # fmt: skip
LOWER = {**UNITS, "分": ("time", Fraction(60)), "时": ("time", Fraction(3600)), "月": ("months", Fraction(1))}  # 元/月

WHOLE = r"(?<![a-z](?=[a-z\d]))"  # a name in letters ends with its word
NAME = "|".join(re.escape(name) for name in sorted({*UNITS, *RATES}, key=len, reverse=True))
KNOWN = rf"(?:{NAME}){WHOLE}(?<! x)"  # 3x, but 10 x 20
BELOW = re.compile(r"/| per |每个?")
LOWER_NAME = "|".join(re.escape(name) for name in sorted(LOWER, key=len, reverse=True))
PER = rf"(?: ?/ ?| per | ?每)(?:(?:{LOWER_NAME}){WHOLE}|[a-z]+\b)"
EACH = rf"(?P<each>(?:每个?(?:{LOWER_NAME})){{1,2}})"
OTHER = r"(?<=\d)[a-z]{1,6}\b|(?<=\d )(?!(?:vs|pp)\b)[bcdfghj-np-tv-xz]{2,5}\b"  # 3qbt, 10 qbt: a unit not known here
MEASURE = rf"(?:[ -]?(?:degrees? )?(?P<unit>{KNOWN}(?:{PER}){{0,2}}|{OTHER}))"


@dataclass(frozen=True)
class Unit:
    """What a number is a measure of, and how much of it one is. A unit that is not known is its own dimension."""

    dimension: str = ""
    factor: Fraction = Fraction(1)
    per: str = ""  # the dimensions below the line
    over: Fraction = Fraction(1)  # what stands below the line, in their smallest units

    def parts(self, other: Unit) -> bool:
        """Whether two measures can't be the same, whatever their numbers; one that is not known parts nothing."""
        measured = self.dimension and other.dimension and self.dimension != other.dimension
        return bool(measured or (self.per and other.per and self.per != other.per))


@lru_cache(maxsize=1024)  # the same few units stand all over a corpus, and comparing figures begins with theirs
def unit_of(text: str, each: str = "") -> Unit:
    """The unit that stands after a number (kg/h), with what stands before it (每小时)."""
    upper, *lower = (part.strip() for part in BELOW.split(RATES.get(text, text)))
    dimension, factor = UNITS.get(upper, (upper, Fraction(1)))
    below = sorted(LOWER.get(name, (name.rstrip("s"), Fraction(1))) for name in (*lower, *BELOW.split(each)[1:]))
    return Unit(dimension, factor, "/".join(name for name, _ in below), prod(size for _, size in below))
