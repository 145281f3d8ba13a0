"""Which model: a folder, a hub id, the small one that is bundled, or an endpoint. Imports no heavy library."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from artifacts.records import short_id
from artifacts.stage import SettingError
from artifacts.store import source_sha256

EMBEDDED = "embedded"
EMBEDDED_FOLDER = Path(__file__).parent / "embedded" / "weights"
KEY_IN_FILE = "keep the key in an environment variable and give that variable's name as api_key_env: OPENAI_API_KEY"


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
        if self.path == EMBEDDED:
            return EMBEDDED_FOLDER
        folder = Path(self.path).expanduser()
        if folder.is_dir():
            return folder
        if looks_local(self.path):
            raise SettingError(
                f"sft.model.path: {self.path} is no folder on this machine, and no hub id such as "
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
            _check(folder)

    def identity(self) -> str:
        """What names these weights in a key: the digest of a folder's files, or hub id and revision.

        A folder that holds no chat model is told of here, before anything is paid for.
        """
        if (folder := self.folder) is None:
            return f"{self.path}@{self.revision}"
        _check(folder)
        hasher = hashlib.sha256()
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                hasher.update(f"{path.relative_to(folder)}:".encode())
                hasher.update(bytes.fromhex(source_sha256(path)))
        return f"sha256:{hasher.hexdigest()}"


def looks_local(path: str) -> bool:
    """Whether a name can only be a folder's: a hub id has one slash, and begins with neither of these."""
    return path.startswith(("/", ".", "~")) or path.count("/") > 1


def _check(folder: Path) -> None:
    """What a model's folder must hold, as far as can be seen without loading it."""
    where = f"sft.model.path: {folder}"
    if not (folder / "config.json").is_file():
        raise SettingError(f"{where}: there is no config.json; name the folder that a model was saved in")
    if not any(folder.glob("*.safetensors")):
        raise SettingError(f"{where}: there are no *.safetensors; other weights are not read, so convert them")
    settings = folder / "tokenizer_config.json"
    if not settings.is_file():
        raise SettingError(f"{where}: there is no tokenizer_config.json; save the model's tokenizer there too")
    if not (folder / "chat_template.jinja").is_file() and '"chat_template"' not in settings.read_text(encoding="utf-8"):
        raise SettingError(f"{where}: the tokenizer has no chat template; use an instruct model, or add one")


def _server(values: dict[str, Any]) -> str:
    """A name for host and path of `base_url` that does not give the address away: artifacts are shared."""
    parts = urlsplit(values.get("base_url", ""))
    return short_id(parts.netloc, parts.path.rstrip("/"))


class OpenAIEndpoint(BaseModel):
    """A chat model behind an endpoint that speaks OpenAI's protocol: OpenAI, DashScope, vLLM, Ollama ..."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True)

    base_url: str = Field(default="https://api.openai.com/v1", json_schema_extra={"unkeyed": True})
    """Address up to and with `/v1`."""
    model: str
    """The model's name at the endpoint."""
    identity: str = Field(default_factory=_server)
    """Names the server in the keys of artifacts and of kept replies; a digest of `base_url` unless set. Keep it when
    the same model moves to another address, and no reply is paid again; change it to ask anew what was refused."""
    api_key_env: str | None = Field(default="OPENAI_API_KEY", json_schema_extra={"unkeyed": True})
    """Name of the environment variable that holds the key; null for an endpoint that wants none."""
    temperature: float | None = Field(default=0.7, ge=0)
    """Null leaves it out of the request, for models that refuse it."""
    max_tokens: int | None = Field(default=4096, ge=1)
    """Longest reply; null leaves it out of the request."""
    seed: int | None = 0
    structured: bool = True
    """Send the reply's JSON schema; an endpoint that refuses it is asked without."""
    extra_body: dict[str, Any] = Field(default_factory=dict)
    """Further fields of the request, such as `chat_template_kwargs: {enable_thinking: false}`."""
    concurrency: int = Field(default=8, ge=1, json_schema_extra={"unkeyed": True})
    """Requests in flight at a time."""
    max_retries: int = Field(default=6, ge=0, json_schema_extra={"unkeyed": True})
    """Further tries of a request after a rate limit, a server's error or a lost connection."""
    timeout: float = Field(default=300.0, gt=0, json_schema_extra={"unkeyed": True})
    """Seconds to wait for a reply."""
    max_failures: int = Field(default=5, ge=1, json_schema_extra={"unkeyed": True})
    """Requests in a row that may fail, all their tries used, before the stage stops."""
    input_price: float | None = Field(default=None, ge=0, json_schema_extra={"unkeyed": True})
    """Money for a million tokens sent."""
    output_price: float | None = Field(default=None, ge=0, json_schema_extra={"unkeyed": True})
    """Money for a million tokens received."""
    currency: str = Field(default="USD", json_schema_extra={"unkeyed": True})

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

    def money(self, input_tokens: int, output_tokens: int) -> float:
        """What tokens cost, in `currency`; 0 where no price is given."""
        return (input_tokens * (self.input_price or 0) + output_tokens * (self.output_price or 0)) / 1e6
