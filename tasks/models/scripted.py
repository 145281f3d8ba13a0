"""An endpoint on this machine that answers by a script: to try the pipeline, and to test what endpoints do wrong.

    with ScriptedEndpoint(lambda request: "yes") as endpoint:
        ...                                              # base_url=endpoint.url

Run as `python -m tasks.models.scripted --port 8000`, it stands in for a teacher: it makes questions from the tables
and `key: value` lines of the text that it is given, by rule and without a model.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from artifacts.records import Message


@dataclass(frozen=True)
class Request:
    """A chat request as it was received."""

    body: dict[str, Any]
    authorization: str

    @property
    def messages(self) -> list[Message]:
        messages: list[Message] = self.body["messages"]
        return messages

    @property
    def prompt(self) -> str:
        """The last message."""
        return self.messages[-1]["content"]


@dataclass(frozen=True)
class Answer:
    """A chat completion; give `finish_reason="length"` for one that was cut off."""

    text: str
    finish_reason: str = "stop"


@dataclass(frozen=True)
class Failure:
    """A status other than 200, with what the endpoint says of it."""

    status: int
    message: str = "scripted failure"
    retry_after: str | None = None
    code: str | None = None


@dataclass(frozen=True)
class Dropped:
    """The connection is closed without a word."""


@dataclass(frozen=True)
class Garbage:
    """Status 200 and a body that is no chat completion."""

    body: str = "<html>gateway</html>"
    content_type: str = "application/json"


Response = Answer | Failure | Dropped | Garbage
Script = Callable[[Request], Response | str] | Sequence[Response | str]


class ScriptedEndpoint:
    """Serves /v1/chat/completions and /v1/models in a thread.

    `script` is a function, or a list of responses of which the last is repeated; a plain string is an Answer.
    """

    def __init__(self, script: Script, *, latency: float = 0.0, port: int = 0) -> None:
        self.requests: list[Request] = []
        self.busiest = 0  # most requests that were in flight at a time
        self._script, self._latency = script, latency
        self._in_flight, self._lock = 0, threading.Lock()
        self._server = _Server(("127.0.0.1", port), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> ScriptedEndpoint:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def serve_forever(self) -> None:
        self._server.serve_forever()

    def respond(self, request: Request) -> Response:
        with self._lock:
            number = len(self.requests)
            self.requests.append(request)
            self._in_flight += 1
            self.busiest = max(self.busiest, self._in_flight)
        try:
            time.sleep(self._latency)
            if callable(self._script):
                response = self._script(request)
            else:
                response = self._script[min(number, len(self._script) - 1)]
        finally:
            with self._lock:
                self._in_flight -= 1
        return Answer(response) if isinstance(response, str) else response


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


def _handler(endpoint: ScriptedEndpoint) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path == "/v1/models":
                self._send(200, {"object": "list", "data": [{"id": "scripted", "object": "model"}]})
            else:
                self._send(404, {"error": {"message": f"no such address: {self.path}"}})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path != "/v1/chat/completions":
                self._send(404, {"error": {"message": f"no such address: {self.path}"}})
                return
            request = Request(body, self.headers.get("Authorization", ""))
            match endpoint.respond(request):
                case Answer() as answer:
                    self._send(200, _completion(request, answer))
                case Failure(status, message, retry_after, code):
                    headers = {"Retry-After": retry_after} if retry_after is not None else {}
                    self._send(status, {"error": {"message": message, "code": code}}, headers)
                case Garbage(text, content_type):
                    self._write(200, text.encode(), {"Content-Type": content_type})
                case Dropped():
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)

        def _send(self, status: int, value: dict[str, Any], headers: dict[str, str] | None = None) -> None:
            data = json.dumps(value, ensure_ascii=False).encode()
            self._write(status, data, {"Content-Type": "application/json", **(headers or {})})

        def _write(self, status: int, data: bytes, headers: dict[str, str]) -> None:
            with contextlib.suppress(ConnectionError):  # a client that was killed, or that would not wait
                self.send_response(status)
                for name, text in {**headers, "Content-Length": str(len(data))}.items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name is the base class's)
            pass

    return Handler


def _completion(request: Request, answer: Answer) -> dict[str, Any]:
    sent = sum(len(message["content"]) for message in request.messages)
    tokens = {"prompt_tokens": sent // 4, "completion_tokens": len(answer.text) // 4}
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": request.body.get("model", "scripted"),
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": answer.text},
                "finish_reason": answer.finish_reason,
            }
        ],
        "usage": {**tokens, "total_tokens": sum(tokens.values())},
    }


CONTEXT = re.compile(r"<context[^>]*>\n?(.*)\n?</context", re.S)
FACTS = re.compile(r"<facts>\n?(.*)\n?</facts>", re.S)
KEY_VALUE = re.compile(r"^\s*(?:[-*]\s+)?\**([^:：|*\n]{2,40})\**\s*[:：]\s*\**([^|\n]{1,120}?)\**[.。]?\s*$")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def teach_by_rule(request: Request) -> str:
    """Reply to the prompts of the generate stage, from structure alone."""
    if facts := FACTS.search(request.prompt):
        rows = json.loads(facts.group(1))
        return json.dumps({"items": [{"fact": row["fact"], "questions": _reframe(row)} for row in rows]})
    context = CONTEXT.search(request.messages[1]["content"] if len(request.messages) > 1 else request.prompt)
    lines = context.group(1).splitlines() if context else []
    items = [_item(*fact) for fact in _facts(lines)]
    return json.dumps({"items": items}, ensure_ascii=False)


def _reframe(row: dict[str, Any]) -> list[str]:
    question = str(row["questions"][0])
    if CHINESE.search(question):
        return [f"有同事问：{question}", f"想请教一下，{question}"]
    return [f"A colleague asks: {question}", f"Please help me out. {question}"]


def _facts(lines: Sequence[str]) -> Iterator[tuple[str, str, str, str]]:
    """(key, subject, value, line) of each `key: value` line and of each cell of a pipe table."""
    header: list[str] = []
    heading = ""
    for line in lines:
        if line.lstrip().startswith("|"):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if not header:
                header = cells
            elif not set("".join(cells)) <= set("-: "):
                pairs = zip(header[1:], cells[1:], strict=False)
                yield from ((name, cells[0], value, line.strip()) for name, value in pairs if name and value)
            continue
        header = []
        if line.startswith("#"):
            heading = line.lstrip("# ").strip()
        elif match := KEY_VALUE.match(line):
            yield match.group(1).strip(), heading, match.group(2).strip(), line.strip()


def _item(key: str, subject: str, value: str, line: str) -> dict[str, Any]:
    if CHINESE.search(line):
        thing = f"{subject}的{key}" if subject else key
        questions, answer = [f"{thing}是什么？", f"请告诉我{thing}。"], f"{thing}是{value}。"
    else:
        thing = f"{key} of {subject}" if subject else key
        questions, answer = [f"What is the {thing}?", f"Tell me the {thing}."], f"The {thing} is {value}."
    return {"questions": questions, "answer": answer, "short_answer": value, "aliases": [], "evidence": line}


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve a teacher that makes questions by rule, without a model.")
    parser.add_argument("--port", type=int, default=8000)
    endpoint = ScriptedEndpoint(teach_by_rule, port=parser.parse_args().port)
    print(f"generate.teacher: {{kind: openai, base_url: {endpoint.url}, model: scripted, api_key_env: null}}")  # noqa: T201
    with contextlib.suppress(KeyboardInterrupt):
        endpoint.serve_forever()


if __name__ == "__main__":
    main()
