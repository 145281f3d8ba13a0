"""Asking a scripted endpoint."""

from __future__ import annotations

import asyncio
from typing import Any

from artifacts.memo import Memo
from artifacts.records import Message
from tasks.models.config import OpenAIEndpoint
from tasks.models.endpoint.chat import Chat
from tasks.models.endpoint.completion import Reply
from tasks.models.endpoint.ledger import Ledger

KEY = "sk-live-3f9a1c0d77e2b845"
SCHEMA = {"title": "Yes", "type": "object", "properties": {"yes": {"type": "boolean"}}}


def dials(url: str, **values: Any) -> OpenAIEndpoint:
    return OpenAIEndpoint(**{"base_url": url, "model": "m", "api_key_env": "TEACHER_KEY", "max_retries": 2, **values})


def question(text: str) -> list[Message]:
    return [{"role": "user", "content": text}]


def ask(
    endpoint: OpenAIEndpoint, memo: Memo, *texts: str, ledger: Ledger | None = None, **kwargs: Any
) -> tuple[Chat, list[Reply | BaseException]]:
    async def run() -> tuple[Chat, list[Reply | BaseException]]:
        async with Chat(endpoint, memo, ledger) as chat:
            asked = (chat.ask(question(text), **kwargs) for text in texts)
            return chat, await asyncio.gather(*asked, return_exceptions=True)

    return asyncio.run(run())
