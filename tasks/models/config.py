"""Which model: a folder, a hub id, the small one that is bundled, or an endpoint. Imports no heavy library."""

from __future__ import annotations

import hashlib
import json
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from artifacts.records import short_id
from artifacts.stage import Dials, SettingError, unkeyed
from artifacts.store import source_sha256

EMBEDDED = "embedded"
EMBEDDED_FOLDER = Path(__file__).parent / "embedded" / "weights"
KEY_IN_FILE = "keep the key in an environment variable and give that variable's name as api_key_env: OPENAI_API_KEY"


# of a request: one reply is awaited, whole, and what it may cost must be known
OWN_FIELDS = {"model", "messages", "n", "stream", "max_tokens", "max_completion_tokens"}


class ModelConfig(BaseModel):
    """A causal language model with a chat template."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    path: str = EMBEDDED
    """A folder, a hub id such as `Qwen/Qwen2.5-1.5B-Instruct`, or `embedded` for the toy that is bundled."""
    revision: str = "main"
    """Branch, tag or commit of a hub id. A branch that moves makes no artifact anew; name a commit for that."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    attention: Literal["sdpa", "flash_attention_2", "eager"] = "sdpa"
    device: Literal["auto", "cpu", "cuda"] = Field(default="auto", json_schema_extra={"unkeyed": True})
    """Where sft trains. Later stages take a GPU where there is one; CUDA_VISIBLE_DEVICES hides it from all."""

    @property
    def folder(self) -> Path | None:
        """The model's folder on this machine, or None for a hub id."""
        return self._folder("sft.model")

    def _folder(self, dial: str) -> Path | None:
        if self.path == EMBEDDED:
            return EMBEDDED_FOLDER
        folder = Path(self.path).expanduser()
        if folder.is_dir():
            return folder
        if get_close_matches(self.path, [EMBEDDED], cutoff=0.8):
            raise SettingError(f"{dial}.path: {self.path} is no model; did you mean {EMBEDDED}?")
        if looks_local(self.path):
            raise SettingError(
                f"{dial}.path: {self.path} is no folder on this machine, and no hub id such as "
                "Qwen/Qwen2.5-1.5B-Instruct; correct it"
            )
        return None

    def name(self) -> str:
        """How the model is called where one string must do: `embedded`, a folder (there or not), or hub id and
        revision."""
        is_local = self.path == EMBEDDED or looks_local(self.path) or Path(self.path).is_dir()
        return self.path if is_local else f"{self.path}@{self.revision}"

    def check(self) -> None:
        """Raise SettingError for a folder that is not there or holds no chat model; a hub id is not looked up."""
        if (folder := self.folder) is not None:
            _check_chat(folder, "sft.model.path")

    def identity(self, dial: str = "sft.model") -> str:
        """What names these weights in a key: the digest of a folder's files, or hub id and revision.

        A folder that holds no chat model is told of here, before anything is paid for; `dial` is what it is set by.
        """
        if (folder := self._folder(dial)) is None:
            return f"{self.path}@{self.revision}"
        _check_chat(folder, f"{dial}.path")
        return folder_sha256(folder)


def folder_sha256(folder: Path) -> str:
    """Names what is in a folder: the digest of its files, hidden ones aside."""
    hasher = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            hasher.update(f"{path.relative_to(folder)}:".encode())
            hasher.update(bytes.fromhex(source_sha256(path)))
    return f"sha256:{hasher.hexdigest()}"


def looks_local(path: str) -> bool:
    """Whether a name can only be a folder's: a hub id has one slash, and begins with neither of these."""
    return path.startswith(("/", ".", "~")) or path.count("/") > 1


def _check_chat(folder: Path, dial: str) -> None:
    """What a chat model's folder must hold, as far as can be seen without loading it."""
    _check(folder, dial)
    settings = (folder / "tokenizer_config.json").read_text(encoding="utf-8")
    if not (folder / "chat_template.jinja").is_file() and '"chat_template"' not in settings:
        raise SettingError(f"{dial}: {folder}: the tokenizer has no chat template; use an instruct model, or add one")


def _check(folder: Path, dial: str) -> None:
    where = f"{dial}: {folder}"
    if not (folder / "config.json").is_file():
        raise SettingError(f"{where}: there is no config.json; name the folder that a model was saved in")
    if not any(folder.glob("*.safetensors")):
        raise SettingError(f"{where}: there are no *.safetensors; other weights are not read, so convert them")
    if not (folder / "tokenizer_config.json").is_file():
        raise SettingError(f"{where}: there is no tokenizer_config.json; save the model's tokenizer there too")


def reward_identity(path: str, dial: str) -> str:
    """What names the weights of a reward model in a key; raises SettingError for a folder that holds none.

    One that was saved as another kind of model would be given a head of random weights.
    """
    folder = Path(path).expanduser()
    _check(folder, dial)
    settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    kinds = settings.get("architectures") or ["no architecture"]
    labels = len(settings.get("id2label") or ()) or settings.get("num_labels", 2)
    if labels != 1 or not any(kind.endswith("ForSequenceClassification") for kind in kinds):
        raise SettingError(
            f"{dial}: {folder} holds {', '.join(kinds)} with {labels} labels; a reward model is a sequence classifier "
            "(...ForSequenceClassification) with one"
        )
    return folder_sha256(folder)


def tuned_identity(path: str, dial: str) -> str:
    """What names an adapter, or a model's whole weights, in a key; raises SettingError for a folder of neither."""
    folder = Path(path).expanduser()
    settings = [name for name in ("adapter_config.json", "config.json") if (folder / name).is_file()]
    if not settings or not any(folder.glob("*.safetensors")):
        raise SettingError(
            f"{dial}: {folder}: there is no adapter_config.json or config.json with *.safetensors; name the folder of "
            "an adapter or of a model"
        )
    return folder_sha256(folder)


class Address(Dials):
    """Where a chat model is served, and how much may be asked there; none of it can change a reply."""

    model_config = ConfigDict(hide_input_in_errors=True)  # somebody's key may stand where it must not

    base_url: str = unkeyed("https://api.openai.com/v1")
    """Address up to and with `/v1`."""
    api_key_env: str | None = unkeyed("OPENAI_API_KEY")
    """Name of the environment variable that holds the key; null for an endpoint that wants none."""
    concurrency: int = unkeyed(8, ge=1)
    """Requests in flight at a time."""
    requests_per_minute: float | None = unkeyed(None, gt=0)
    """Most requests sent in a minute, evenly spread; null for no limit."""
    tokens_per_minute: float | None = unkeyed(None, gt=0)
    """Most tokens, sent and received, in a minute; null for no limit."""
    weight: float = unkeyed(1.0, gt=0)
    """Share of the requests, beside that of the other addresses of the model."""

    @model_validator(mode="before")
    @classmethod
    def _no_key_in_the_file(cls, values: Any) -> Any:
        if isinstance(values, dict) and "api_key" in values:
            raise ValueError(KEY_IN_FILE)
        return values

    @field_validator("api_key_env")
    @classmethod
    def _is_a_name(cls, name: str | None) -> str | None:
        if name is not None and not re.fullmatch(r"[A-Z_][A-Z0-9_]*", name):
            raise ValueError(f"must be the name of an environment variable, in capitals; {KEY_IN_FILE}")
        return name

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an address such as http://localhost:8000/v1")
        if parts.username or parts.password or parts.query:
            raise ValueError(f"must hold neither a password nor a query; {KEY_IN_FILE}")
        return url


class Replica(Address):
    """A further address of the same model, at the same price: its replies are kept as if the first had given them."""

    base_url: str
    """Address up to and with `/v1`."""
    model: str | None = None
    """The model's name there, where it is another one."""


def _server(values: dict[str, Any]) -> str:
    """A name for host and path of `base_url` that does not give the address away: artifacts are shared."""
    parts = urlsplit(values.get("base_url", ""))
    return short_id(parts.netloc, parts.path.rstrip("/"))


class BatchApi(Dials):
    """How requests are gathered into batches, where an endpoint has OpenAI's Batch API; none of it can change a
    reply."""

    gather_seconds: float = unkeyed(5.0, ge=0)
    """A batch is placed when nothing new was asked for so long."""
    max_requests: int = unkeyed(50_000, ge=1, le=50_000)
    """Most requests of a batch."""
    max_bytes: int = unkeyed(200_000_000, ge=1, le=200_000_000)
    """Most bytes of a batch's file."""
    poll_seconds: float = unkeyed(10.0, gt=0)
    """Until the first look at a batch; later ones are further apart, up to two minutes."""


class OpenAIEndpoint(Address):
    """A chat model behind an endpoint that speaks OpenAI's protocol: OpenAI, DashScope, vLLM, Ollama ..."""

    model: str
    """The model's name at the endpoint."""
    identity: str = Field(default_factory=_server)
    """Names the server in the keys of artifacts and of kept replies; a digest of `base_url` unless set. Keep it when
    the same model moves to another address, and no reply is paid again."""
    replicas: tuple[Replica, ...] = unkeyed(())
    """Further addresses of this model; requests are spread over all by `weight`, and go on while one is up."""
    temperature: float | None = Field(default=0.7, ge=0)
    """Null leaves it out of the request, for models that refuse it."""
    max_tokens: int | None = Field(default=4096, ge=1)
    """Longest reply; null leaves it out of the request, and then no budget of money or tokens can be held."""
    token_limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"  # noqa: S105 (no password)
    """The request's field that `max_tokens` is sent in; OpenAI's reasoning models want `max_completion_tokens`."""
    seed: int | None = 0
    structured: bool = True
    """Send the reply's JSON schema; an endpoint that refuses it is asked for JSON without, or for text."""
    extra_body: dict[str, Any] = Field(default_factory=dict)
    """Further fields of the request, such as `chat_template_kwargs: {enable_thinking: false}`."""
    batch: BatchApi | None = unkeyed(None)
    """Ask by OpenAI's Batch API, at half price and within a day; it has no fall-back for an endpoint that refuses a
    schema (`structured: false`)."""
    max_retries: int = unkeyed(6, ge=0)
    """Further tries of a request after a rate limit, a server's error or a lost connection."""
    timeout: float = unkeyed(300.0, gt=0)
    """Seconds for a reply to be there, whole."""
    max_failures: int = unkeyed(5, ge=1)
    """Requests in a row that may fail, all their tries used, or be refused with one text, before the stage stops. An
    address that fails as many tries in a row, or refuses as many that others answer, is left out, while there are
    others."""

    @field_validator("extra_body")
    @classmethod
    def _leaves_the_protocol_alone(cls, extra: dict[str, Any]) -> dict[str, Any]:
        if taken := sorted(OWN_FIELDS & extra.keys()):
            raise ValueError(
                f"must not hold {', '.join(taken)}: requests are sent for one whole reply each, and the model, the "
                "longest reply and the name of its field are set by model, max_tokens and token_limit"
            )
        return extra

    @property
    def addresses(self) -> tuple[OpenAIEndpoint | Replica, ...]:
        """All addresses of the model, this one first."""
        return (self, *self.replicas)


class Price(Dials):
    """Money for a million tokens."""

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cached_input: float | None = Field(default=None, ge=0)
    """For tokens that the endpoint had in its cache; null where they cost as much as others."""

    def cost(self, input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> float:
        """What tokens cost; the cached ones are among the input tokens."""
        cached_price = self.input if self.cached_input is None else self.cached_input
        fresh = input_tokens - cached_tokens
        return (fresh * self.input + cached_tokens * cached_price + output_tokens * self.output) / 1e6

    def times(self, share: float) -> Price:
        """The price at a discount."""
        cached = None if self.cached_input is None else self.cached_input * share
        return Price(input=self.input * share, output=self.output * share, cached_input=cached)


class Budget(Dials):
    """The most that making one artifact may cost, over all runs that it takes; what is null is not limited."""

    money: float | None = Field(default=None, ge=0)
    """In the currency of the prices."""
    tokens: int | None = Field(default=None, ge=0)
    """Sent and received."""
    requests: int | None = Field(default=None, ge=0)
    """Those that were answered, or may have been."""
