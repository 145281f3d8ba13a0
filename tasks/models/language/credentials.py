"""Keys, tokens and passwords in a text: by their makers' forms, and by the names before their values."""

from __future__ import annotations

import re
from collections.abc import Iterator

# What a key of this form holds is asked for first: looking for a plain string is a hundred times as fast.
FORMS = {
    "sk-": r"sk-(?=[\w-]*\d)[A-Za-z0-9_-]{20,}",  # OpenAI, Anthropic, DeepSeek ...
    "AKIA": r"AKIA[0-9A-Z]{16}",  # Amazon
    "ASIA": r"ASIA[0-9A-Z]{16}",
    "LTAI": r"LTAI[A-Za-z0-9]{12,24}",  # Alibaba Cloud
    "AKID": r"AKID[A-Za-z0-9]{32}",  # Tencent Cloud
    "AIza": r"AIza[\w-]{35}",  # Google
    "ya29.": r"ya29\.[\w-]{20,}",
    **{f"gh{kind}_": rf"gh{kind}_[A-Za-z0-9]{{36,}}" for kind in "pousr"},  # GitHub
    "github_pat_": r"github_pat_\w{22,}",
    "glpat-": r"glpat-[\w-]{20,}",  # GitLab
    "xox": r"xox[abeprs]-[A-Za-z0-9-]{10,}",  # Slack
    "hooks.slack.com": r"(?<=hooks\.slack\.com/services/)T\w+/B\w+/\w+",
    "hf_": r"hf_[A-Za-z0-9]{30,}",  # Hugging Face
    "npm_": r"npm_[A-Za-z0-9]{36}",
    "pypi-": r"pypi-AgE[\w-]{50,}",
    "k_live_": r"[rs]k_live_[A-Za-z0-9]{16,}",  # Stripe
    "k_test_": r"[rs]k_test_[A-Za-z0-9]{16,}",
    "SG.": r"SG\.[\w-]{16,}\.[\w-]{16,}",  # SendGrid
    ":AA": r"\d{8,10}:AA[\w-]{33}",  # Telegram
    "eyJ": r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}",  # JSON Web Token
}
KNOWN = {part: re.compile(rf"(?<![A-Za-z0-9]){form}(?![A-Za-z0-9])", re.ASCII) for part, form in FORMS.items()}
PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
    r"(?:.*?-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|[A-Za-z0-9+/=\s\\]*)",
    re.DOTALL,
)
IN_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^\s:/?#@]*:(?P<value>[^\s/@<>]{3,})(?=@)", re.IGNORECASE)
HEADER = re.compile(
    r"\bbearer\s+(?P<value>(?=\S*\d)[\w.~+/-]{16,}=*)|\bauthorization\W{1,4}basic\s+(?P<basic>[A-Za-z0-9+/]{8,}=*)",
    re.IGNORECASE | re.ASCII,
)

IS = r"[\"'*`\]]{0,3}\s{0,3}(?P<is>:=|=>|[:=|]|is\b|为|是)\s{0,3}\**"
PASSWORD = re.compile(
    rf"(?P<name>password|passwd|passphrase|passcode|pwd|密码|口令){IS}"
    r"(?:(?P<quote>[\"'`])(?P<quoted>[^\"'`\n]{4,128})(?P=quote)|(?P<value>[!#-%+\-./0-9:=?@A-Z^_a-z~*$]{4,128})(?![(\[]))",
    re.IGNORECASE,
)
TOKEN = re.compile(
    r"(?P<name>(?:api|access|secret|private|auth|account|app|client|refresh|session|security|signing|encryption)"
    r"[_ -]?(?:key|token|secret)(?:[_ -]?(?:id|key|secret))?|(?<![A-Za-z])(?<!key )token|(?<![A-Za-z])secret"
    rf"|密钥|秘钥|令牌){IS}(?P<quote>[\"'`]?)(?P<value>[A-Za-z0-9_+/=.~-]{{16,}})(?![(\[])",
    re.IGNORECASE | re.ASCII,
)
# What a maker sets for every device stands in its manual for all to read, and is worth knowing.
PUBLIC = re.compile(r"(?:default|factory|preset|默认|缺省|出厂|预设)[^.。\n]{0,20}$", re.IGNORECASE)
BEFORE = 30  # characters before a name that tell whose it is
PARTS = (
    *("passw", "passphrase", "passcode", "pwd", "密码", "口令", "key", "token", "secret", "密钥", "秘钥", "令牌"),
    *("bearer ", "authorization", "://", "private key"),
)
NO_SECRET = re.compile(  # what stands where a password would: a stand-in, a rule for its length, a name in code
    r"[*x.#?_-]+|\d{1,3}(?:[-~]\d{1,3})?|your\W?\w*|.*(?:example|placeholder|changeme)|my_?password|passw(?:or)?d|none"
    r"|[a-z_]*(?:pass(?:word)?|token|secret|key)|null|nil|true|false|yes|no|required|optional|mandatory|string|str|text|varchar|hidden|secret|type|field|input"
    r"|[$%{].*|(?:os|self|this|env|config|settings|args|process|https?|file)\b.*|[./~].*",
    re.IGNORECASE,
)
MEASURED = re.compile(
    r"\s?(?:[位个年次字天分]|(?:-?\s?(?:char|digit|letter|bit|byte|day|year|time|min|sec)))", re.IGNORECASE
)


def may_hold(text: str) -> bool:
    """Whether a text has a part of what `credentials` looks for: told in a tenth of the time."""
    return any(map(text.__contains__, KNOWN)) or any(map(text.lower().__contains__, PARTS))


def credentials(text: str) -> Iterator[tuple[int, int]]:
    """Where a text with ASCII signs holds what opens something; of `password=...` the value alone."""
    for part, form in KNOWN.items():
        if part in text:
            yield from (found.span() for found in form.finditer(text))
    yield from (found.span() for found in PRIVATE_KEY.finditer(text))
    yield from (at.span("value") for at in IN_ADDRESS.finditer(text) if not NO_SECRET.fullmatch(at["value"]))
    yield from (at.span("value" if at["value"] else "basic") for at in HEADER.finditer(text))
    yield from _values(text)


def _values(text: str) -> Iterator[tuple[int, int]]:
    for found in PASSWORD.finditer(text):
        group = "quoted" if found["quoted"] else "value"
        start, end = found.span(group)
        end = start + len(found[group].rstrip("." if found["is"] == "=" else ".:?"))
        if _is_password(found, text[start:end]) and not MEASURED.match(text, end):
            yield start, end
    for found in TOKEN.finditer(text):
        value = found["value"]
        digits, mixed = sum(map(str.isdigit, value)), value.lower() != value != value.upper()
        if any(map(str.isalpha, value)) and digits >= (2 if mixed else 4):
            yield found.span("value")


def _is_password(found: re.Match[str], value: str) -> bool:
    """A word in letters is one only where code or a Chinese label gives it: "Password: required" is a rule."""
    before = max(0, found.start() - BEFORE)
    if len(value) < 4 or NO_SECRET.fullmatch(value) or PUBLIC.search(found.string, before, found.start()):
        return False
    if any(map(str.isdigit, value)):
        return len(value) >= 6 or found["is"] in (":", "=", ":=", "=>")
    if found["is"] in (":", "=", ":=", "=>") and re.search(r"[!@#$%^*]", value):
        return True
    given = found["is"] == "=" and not _is_spaced(found)
    return value.isascii() and (given or bool(found["quoted"]) or (found["is"] == ":" and not found["name"].isascii()))


def _is_spaced(found: re.Match[str]) -> bool:
    """Whether blanks stand around the sign: `password = read` is a line of a program, `password=admin` a value."""
    return found.string[found.start("is") - 1].isspace() or found.string[found.end("is")].isspace()
