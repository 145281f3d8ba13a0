"""Which model: a folder, a hub id, or the small one that is bundled. Imports neither torch nor transformers."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

EMBEDDED = "embedded"
EMBEDDED_FOLDER = Path(__file__).parent / "embedded" / "weights"


class ModelConfig(BaseModel):
    """A causal language model with a chat template."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    path: str = EMBEDDED
    """A folder, a hub id such as `Qwen/Qwen3-0.6B`, or `embedded` for the toy that is bundled."""
    revision: str = "main"
    """Branch, tag or commit of a hub id; name a commit for runs that can be repeated."""
    dtype: Literal["float32", "bfloat16"] = "float32"
    attention: Literal["sdpa", "flash_attention_2", "eager"] = "sdpa"
    device: Literal["auto", "cpu", "cuda"] = Field("auto", json_schema_extra={"unkeyed": True})

    @property
    def folder(self) -> Path | None:
        """The model's folder on this machine, or None for a hub id."""
        if self.path == EMBEDDED:
            return EMBEDDED_FOLDER
        return Path(self.path) if Path(self.path).is_dir() else None

    def identity(self) -> str:
        """What names these weights in a key: the digest of a folder's files, or hub id and revision."""
        if self.folder is None:
            return f"{self.path}@{self.revision}"
        hasher = hashlib.sha256()
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                with path.open("rb") as file:
                    hasher.update(f"{path.relative_to(self.folder)}:".encode())
                    hasher.update(hashlib.file_digest(file, "sha256").digest())
        return f"sha256:{hasher.hexdigest()}"
