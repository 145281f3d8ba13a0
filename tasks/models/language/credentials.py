"""Keys, tokens and passwords in a text: by their makers' forms, and by the names before their values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from tasks.models.language.match import CJK, CJK_MARKS

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
# A scheme is short: in a text that is one long word, each letter would begin one.
SCHEME = r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,20}://"
IN_ADDRESS = re.compile(  # up to the last @ before the host; a password may hold a /, as no port does
    rf"{SCHEME}[^\s:/?#@]*:(?P<value>[^\s/?#<>\"'`]{{3,128}}(?=@)|(?!(?:\d{{1,5}}|port)[/?#])[^\s<>@\"'`]{{3,128}}(?=@[\w.-]))",
    re.IGNORECASE,
)
HEADER = re.compile(
    r"\bbearer\s+(?P<value>(?=\S*\d)[\w.~+/-]{16,}=*)|\bauthorization\W{1,4}basic\s+(?P<basic>[A-Za-z0-9+/]{8,}=*)",
    re.IGNORECASE | re.ASCII,
)
IN_COMMAND = re.compile(
    r"\b(?:(?:curl|wget)\b[^\n|]{0,200}?\s(?:-u|--user)[ =][\"']?[^\s:\"']{1,64}:"
    r"|mysql\w*\b[^\n|]{0,200}?\s-p|sshpass\s-p\s?|identified\sby\s(?=['\"]))[\"']?(?P<value>[^\s\"'`;]{4,128})",
    re.IGNORECASE,
)

SIGNS = (":", "=", ":=", "=>")
IS = (
    r"[\"'*`\]]{0,3}\s{0,3}(?P<is>:=|=>|->|→|[:=|]|>(?=[^\s<>]+</)"
    r"|(?:(?:is|was|been)\s)?(?:set|changed|reset|updated)\sto\b|is\b"
    r"|(?:已|被)?(?:设|设置|改|修改|更改|变更|重置)[为成]|为|是)\s{0,3}\**"
)
# Unquoted, it ends at a blank, a quote, a tag, a table's bar, a Chinese sign, or where `,name=` begins another; what
# stands behind makes it no shorter, or the rest of a secret would stay.
VALUE = (
    r"(?:(?P<quote>[\"'`])(?P<quoted>(?:(?!(?P=quote))[^\n\\]|(?P=quote){2}|\\.){4,512})(?P=quote)"
    r"|[“「『](?P<marked>[^”」』\n]{4,512})[”」』]"
    r"|(?![:=,;&()\[\]{}])(?P<value>(?:(?![,;&][\w ]{1,20}[=:])(?![\"'`<>|\\])[!-~]"
    r"|[\"'`](?=[A-Za-z0-9])|\\(?![nrt\"'])|<(?!/?[a-z])){4,}))"
)
PASSWORD = re.compile(
    r"(?P<name>password|passwd|passphrase|passcode|pwd|(?<![A-Za-z])pass(?=[\"']?\s?[:=])|pin\s?码|密码|口令)"
    rf"(?:{IS}|\s{{0,3}}){VALUE}",
    re.IGNORECASE,
)
TOKEN = re.compile(
    r"(?P<name>(?:api|access|secret|private|auth|account|app|client|refresh|session|security|signing|encryption)"
    r"[_ -]?(?:key|token|secret)(?:[_ -]?(?:id|key|secret))?|(?<![A-Za-z])(?<!key )token|(?<![A-Za-z])secret"
    rf"|密钥|秘钥|令牌)(?:{IS}|\s{{1,3}}){VALUE}",
    re.IGNORECASE,
)
LEAST = 16  # characters of a token
RUN = re.compile(rf"[A-Za-z0-9_+/=.~-]{{{LEAST},}}")
UNSIGNED = re.compile(r"[A-Za-z0-9]{20,}")  # where no sign stands before it
BASE64 = re.compile(r"[A-Za-z0-9+/]{40}")  # as Amazon's secrets, which may hold a single digit
FIRST = re.compile(r"[^(\[{,;&]*")  # part of a value, which tells whether it is one
CALL = re.compile(r"[(\[][\x00-\x7f]")
FLAG = re.compile(r"--[\w-]{0,40}$")
CJK_WORD = re.compile(rf"(?![{CJK_MARKS}])[{CJK}]")

# What a maker sets for every device stands in its manual for all to read, and is worth knowing.
MAKERS = r"(?:default|factory|preset|\binitial\b|默认|缺省|出厂|预设|初始(?!化))"
PUBLIC = re.compile(rf"{MAKERS}[^.。\n]{{0,20}}$|(?:通用|universal\s)$", re.IGNORECASE)
PUBLIC_BEHIND = re.compile(
    rf"\W{{0,2}}\(\s?{MAKERS}(?:\s?(?:default|settings?|passwords?|values?|设置|密码|默认|值))*\s?\)"
    r"|\s(?:by default\b|is the (?:default|factory)\b)|是(?:默认|出厂|初始)",
    re.IGNORECASE,
)
ASKS_PUBLIC = re.compile(
    rf"(?:{MAKERS}[^.。\n]{{0,30}}|通用|universal\s)(?:passw|passcode|pwd|credential|log-?in|密码|口令|凭[据证])",
    re.IGNORECASE,
)
CHANGES = re.compile(r"\b(?:chang(?:e[ds]?|ing)|(?:re)?set)\b|修改|更改|重置|重设|改[为成]", re.IGNORECASE)
BEFORE = 30  # characters before a name that tell whose it is
PARTS = (
    *("pass", "pwd", "密码", "口令", "pin码", "pin 码", "key", "token", "secret", "密钥", "秘钥", "令牌"),
    *("bearer ", "authorization", "://", "private key", "curl ", "wget ", "mysql", "identified by"),
)
NO_SECRET = re.compile(  # what stands where a password would: a stand-in, a rule for its length, a name in code
    r"[*x.#?_-]+|\d{1,3}(?:[-~]\d{1,3})?|your\W?\w*|.*(?:example|placeholder|changeme)|my_?password|passw(?:or)?d|none"
    r"|[a-z_]*(?:pass(?:word)?|token|secret|key)|null|nil|true|false|yes|no|required|optional|mandatory|string|str"
    r"|text|varchar|hidden|secret|type|field|input|stdin"
    r"|[$%{].*|(?:os|self|this|env|config|settings|args|process|https?|file)\b.*|[./~].*"
    r"|(?:sha|md|aes|rsa|des|ecdsa|pbkdf|base|utf|rfc|wpa|tls|sm)-?\d.*",  # how it is kept
    re.IGNORECASE,
)
MEASURED = re.compile(
    r"\s?(?:[位个年次字天分]|(?:-?\s?(?:char|digit|letter|bit|byte|day|year|time|min|sec)))", re.IGNORECASE
)


class Secret(NamedTuple):
    """What opens something, and whether a maker sets it for every device."""

    start: int
    end: int
    is_public: bool = False


def may_hold(text: str) -> bool:
    """Whether a text has a part of what `credentials` looks for: told in a tenth of the time."""
    return any(map(text.__contains__, KNOWN)) or any(map(text.lower().__contains__, PARTS))


def credentials(text: str) -> Iterator[tuple[int, int]]:
    """Where a text with ASCII signs holds what opens something; of `password=...` the value alone."""
    for part, form in KNOWN.items():
        if part in text:
            yield from (found.span() for found in form.finditer(text))
    yield from (found.span() for found in PRIVATE_KEY.finditer(text))
    for form in (IN_ADDRESS, IN_COMMAND):
        yield from (at.span("value") for at in form.finditer(text) if not NO_SECRET.fullmatch(at["value"]))
    yield from (at.span("value" if at["value"] else "basic") for at in HEADER.finditer(text))
    yield from ((each.start, each.end) for each in passwords(text) if not each.is_public)
    yield from (_span(found) for found in TOKEN.finditer(text) if _is_token(found))


def passwords(text: str) -> Iterator[Secret]:
    """The passwords that a text with ASCII signs names so."""
    for found in PASSWORD.finditer(text):
        start, end = _span(found)
        if _is_password(found, text[start:end]) and not MEASURED.match(text, end):
            before = PUBLIC.search(text, max(0, found.start() - BEFORE), found.start())
            yield Secret(start, end, bool(before or PUBLIC_BEHIND.match(text, end)))


def asks_public(question: str) -> bool:
    """Whether a question asks for a password that a maker sets, and not how to set another."""
    return bool(ASKS_PUBLIC.search(question)) and not CHANGES.search(question)


def _span(found: re.Match[str]) -> tuple[int, int]:
    """Where the value stands, without the signs of the sentence around it."""
    group = next(name for name in ("quoted", "marked", "value") if found[name])
    start, end = found.span(group)
    if group == "value":
        value = found["value"].rstrip(".,;:?([{")
        end = start + len(value if re.search(r"[(\[{]", value) else value.rstrip(")]}.,;:?"))
    return start, end


def _is_token(found: re.Match[str]) -> bool:
    start, end = _span(found)
    value = found.string[start:end]
    if found["value"]:
        run = RUN.match(value)
        if run is None or (CALL.match(value, run.end()) and _is_name(run[0])):
            return False
        value = run[0]
    elif len(value) < LEAST or re.search(r"\s", value):
        return False
    if NO_SECRET.fullmatch(value) or (not found["is"] and not UNSIGNED.fullmatch(value)):
        return False
    digits, mixed = sum(map(str.isdigit, value)), value.lower() != value != value.upper()
    least = 1 if mixed and BASE64.fullmatch(value) else 2 if mixed else 4
    return any(map(str.isalpha, value)) and digits >= least


def _is_password(found: re.Match[str], value: str) -> bool:
    """A word in letters is one only where code or a Chinese label gives it: "Password: required" is a rule."""
    first = FIRST.match(value)[0] if found["value"] else value  # type: ignore[index]
    if len(value) < 4 or NO_SECRET.fullmatch(value) or NO_SECRET.fullmatch(first):
        return False
    if len(first) < len(value) and CALL.match(value, len(first)) and _is_name(first):
        return False
    named, has_digit = found["name"].lower(), any(map(str.isdigit, first if len(first) >= 4 else value))
    if not found["is"] or named == "pass":
        return has_digit and len(value) >= 6 and _is_told(found, value)
    if has_digit:
        return len(value) >= 6 or found["is"] in SIGNS or named.startswith("pin")
    if found["is"] in SIGNS and re.search(r"[!@#$%^*]", value):
        return True
    given = found["is"] == "=" and not _is_spaced(found)
    quoted = bool(found["quoted"] or found["marked"])
    return value.isascii() and (given or quoted or (found["is"] == ":" and not found["name"].isascii()))


def _is_told(found: re.Match[str], value: str) -> bool:
    """Whether a value stands for itself where no sign says that it is one: `密码 Hs@2024!`, `--password s3cret`."""
    if found["quoted"] or FLAG.search(found.string, max(0, found.start() - 42), found.start()):
        return True
    is_mixed = any(map(str.isalpha, value))
    if found["is"]:  # pass: "Pass: 95/100" is a result
        return is_mixed and value.lower() != value != value.upper()
    return is_mixed and not found["name"].isascii() and not CJK_WORD.match(found.string, found.end())


def _is_name(text: str) -> bool:
    """Whether a program may call it: `getpass.getpass`, `read_token`; a digit makes a password of a single word."""
    return bool(re.fullmatch(r"[A-Za-z_][A-Za-z_]*|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+", text, re.ASCII))


def _is_spaced(found: re.Match[str]) -> bool:
    """Whether blanks stand around the sign: `password = read` is a line of a program, `password=admin` a value."""
    return found.string[found.start("is") - 1].isspace() or found.string[found.end("is")].isspace()
