"""Units of measure in English and Chinese, so that 1.5 kg and 1,500 克 are one figure and 12 kg and 12 g are two."""

from __future__ import annotations

from decimal import Decimal

# Dimension -> factor -> names in plain form, apart from those that may mean several units (pound, ¥, 度, A).
# Only units that convert into one another by a fixed factor share a dimension: months are no number of days.
DIMENSIONS: dict[str, dict[str, str]] = {
    "share": {"1": "% percent percents pct", "0.1": "‰ permille"},
    "length": {
        "0.001": "μm micron microns micrometre micrometres micrometer micrometers 微米",
        "1": "mm millimetre millimetres millimeter millimeters 毫米",
        "10": "cm centimetre centimetres centimeter centimeters 厘米 公分",
        "1000": "m metre metres meter meters 米 公尺",
        "1000000": "km kilometre kilometres kilometer kilometers 公里 千米",
        "25.4": "inch inches 英寸",
        "304.8": "ft foot feet 英尺",
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
        "1000000": "tonne tonnes 吨",
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
    "months": {"1": "month months 个月 月", "3": "quarter quarters 季度 个季度", "12": "year years yr yrs 年"},
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
    "power": {"1": "w watt watts 瓦", "1000": "kw kilowatt kilowatts 千瓦", "1000000": "megawatt megawatts 兆瓦"},
    "energy": {"1": "wh", "1000": "kwh 千瓦时 度电"},
    "voltage": {"1": "v volt volts 伏 伏特", "1000": "kv 千伏", "0.001": "mv 毫伏"},
    "current": {"1": "amp amps ampere amperes 安 安培", "0.001": "ma 毫安"},
    "frequency": {"1": "hz hertz 赫兹", "1000": "khz 千赫", "1000000": "mhz 兆赫", "1000000000": "ghz 吉赫"},
    "speed": {"1": "rpm 转/分 转每分钟"},
    "noise": {"1": "db decibel decibels 分贝"},
    "data": {"1": "kb", "1000": "mb", "1000000": "gb", "1000000000": "tb"},
    "yuan": {"1": "元 块 块钱 rmb cny yuan", "0.1": "角", "0.01": "分钱"},
    "dollar": {"1": "$ usd dollar dollars 美元 美金"},
    "euro": {"1": "€ eur euro euros 欧元"},
    "sterling": {"1": "£ gbp 英镑"},
    "yen": {"1": "jpy yen 日元"},
}
UNITS = {
    name: (dimension, Decimal(factor))
    for dimension, units in DIMENSIONS.items()
    for factor, names in units.items()
    for name in names.split()
}
