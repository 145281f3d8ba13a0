"""Embeddings of texts: by an endpoint, each text paid for once, or by a sentence-transformers model in a folder."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from artifacts.memo import Memo
from artifacts.records import digest
from artifacts.stage import SettingError, StageError
from tasks.generate.config import Retrieval
from tasks.models.config import OpenAIEndpoint
from tasks.models.endpoint.chat import read_key

if TYPE_CHECKING:
    import numpy as np

KIND = "embedding"  # of the memo's items
PICKLES = (".bin", ".pt", ".pth", ".pkl", ".ckpt")


class Embedder(Protocol):
    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        """One row a text, of length 1; float32."""


def embedder_of(dials: Retrieval, teacher: OpenAIEndpoint, memo: Memo) -> Embedder | None:
    """What the dials name; None for retrieval by words."""
    if dials.by == "bm25":
        return None
    if dials.by == "folder":
        return FolderEmbedder(Path(dials.embedder))
    own = {"base_url": dials.base_url, "api_key_env": dials.api_key_env} if dials.base_url else {}
    return EndpointEmbedder(teacher.model_copy(update={**own, "model": dials.embedder}), memo)


class EndpointEmbedder:
    """Asks /embeddings; a vector is kept in the memo under its text and model."""

    def __init__(self, endpoint: OpenAIEndpoint, memo: Memo) -> None:
        from openai import AsyncOpenAI

        self._endpoint, self._memo = endpoint, memo
        self._client = AsyncOpenAI(
            base_url=endpoint.base_url,
            api_key=read_key(endpoint) or "none",
            timeout=endpoint.timeout,
            max_retries=endpoint.max_retries,
        )

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        import numpy as np

        keys = [digest([self._endpoint.identity, self._endpoint.model, text]) for text in texts]
        known = {key: self._memo.get(KIND, key) for key in keys}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if known[key] is None}
        if missing:
            for key, vector in zip(missing, await self._ask(list(missing.values())), strict=True):
                known[key] = base64.b64encode(np.asarray(vector, "<f4").tobytes()).decode()
                self._memo.put(KIND, key, known[key])
        return _unit(np.stack([np.frombuffer(base64.b64decode(str(known[key])), "<f4") for key in keys]))

    async def _ask(self, texts: list[str]) -> list[list[float]]:
        from openai import APIError

        try:
            reply = await self._client.embeddings.create(
                model=self._endpoint.model, input=texts, encoding_format="float"
            )
        except APIError as error:
            raise StageError(
                f"{self._endpoint.base_url} (embedding model {self._endpoint.model}): {type(error).__name__}; correct "
                "generate.retrieval, or use `by: bm25`"
            ) from None
        return [entry.embedding for entry in sorted(reply.data, key=lambda entry: entry.index)]


class FolderEmbedder:
    """A sentence-transformers model (https://sbert.net) on this machine."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise SettingError(f"generate.retrieval.embedder: {folder} is not a folder; correct it")
        if pickled := sorted(path.name for path in folder.rglob("*") if path.suffix in PICKLES):
            raise SettingError(f"{folder}: {pickled[0]} is no safetensors file, and is not read; convert the model")
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError:
            raise SettingError(
                "generate.retrieval.by: folder needs sentence-transformers; install the extra `graft[embeddings]`"
            ) from None
        self._model: Any = SentenceTransformer(
            str(folder), local_files_only=True, trust_remote_code=False, model_kwargs={"use_safetensors": True}
        )

    async def embed(self, texts: Sequence[str]) -> np.ndarray:
        import numpy as np

        return _unit(np.asarray(self._model.encode(list(texts), show_progress_bar=False), "<f4"))


def _unit(vectors: np.ndarray) -> np.ndarray:
    import numpy as np

    unit: np.ndarray = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return unit
