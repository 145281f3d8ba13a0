"""HTTP/1.1 as far as an API's client speaks it: requests read from a connection, responses written to it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

LONGEST_HEAD = 2**16  # bytes of a request's first line and headers


class ProtocolError(Exception):
    """What came is no request that can be answered."""


@dataclass(frozen=True)
class Received:
    """An HTTP request, whole."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    """By lower-case name."""
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)

    def form(self) -> dict[str, bytes]:
        """The parts of a `multipart/form-data` body by name; a file's name stands under "filename"."""
        boundary = self.headers["content-type"].partition("boundary=")[2].strip('"').encode()
        parts: dict[str, bytes] = {}
        for part in self.content.split(b"--" + boundary)[1:-1]:
            head, _, value = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
            described = dict(item.split("=", 1) for item in head.decode().split("\r\n")[0].split("; ") if "=" in item)
            parts[described["name"].strip('"')] = value.removesuffix(b"\r\n")
            if "filename" in described:
                parts["filename"] = described["filename"].strip('"').encode()
        return parts


@dataclass(frozen=True)
class Sent:
    """An HTTP response, and how it is sent."""

    status: int
    content: bytes
    headers: dict[str, str] = field(default_factory=dict)
    pieces: int = 1
    pause: float = 0.0  # seconds
    broken_off: bool = False


def as_json(value: Any, status: int = 200, **how: Any) -> Sent:
    data = json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass")
    return Sent(status, data, {"Content-Type": "application/json", **how.pop("headers", {})}, **how)


async def receive(reader: asyncio.StreamReader) -> Received | None:
    """The next request of a connection; None where the client is done with it."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    except asyncio.LimitOverrunError:
        raise ProtocolError(f"more than {LONGEST_HEAD} bytes of headers") from None
    first, *lines = head.decode("latin-1").split("\r\n")
    try:
        method, target, _ = first.split(" ")
        pairs = (line.split(":", 1) for line in lines if line)
        headers = {name.lower(): value.strip() for name, value in pairs}
    except ValueError:
        raise ProtocolError("no HTTP request") from None
    if "transfer-encoding" in headers:
        raise ProtocolError("a body without Content-Length is not read")
    try:
        content = await reader.readexactly(int(headers.get("content-length", 0)))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    url = urlsplit(target)
    return Received(method, url.path, dict(parse_qsl(url.query)), headers, content)


async def send(writer: asyncio.StreamWriter, response: Sent) -> None:
    """Write a response; raises ConnectionError where the client has gone, or where it is to be broken off."""
    headers = {**response.headers, "Content-Length": str(len(response.content))}
    lines = [f"HTTP/1.1 {response.status} {_phrase(response.status)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    head = ("\r\n".join(lines) + "\r\n\r\n").encode()
    content = response.content[: len(response.content) // 2] if response.broken_off else response.content
    size = -(-len(content) // response.pieces) or 1
    writer.write(head + content[:size])
    await writer.drain()
    for start in range(size, len(content), size):
        await asyncio.sleep(response.pause)
        writer.write(content[start : start + size])
        await writer.drain()
    if response.broken_off:
        raise ConnectionAbortedError


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
