"""The files and batches of the API: a batch is put through the script when its delay is over."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tasks.models.scripted.script import Answer, Dropped, Failure, Garbage, Request, Response
from tasks.models.scripted.wire import Received, Sent, as_json

MOST_REQUESTS = 50_000  # of a batch, as OpenAI has it
PAGE = 20  # batches of a listing, unless more are asked for


@dataclass(frozen=True)
class Batching:
    """How batches go."""

    delay: float = 0.0
    """Seconds from a batch's creation to its end."""
    expired: int = 0
    """So many of the first batches expire, half done."""
    failed: int = 0
    """So many of the first batches fail, with nothing done."""
    most_requests: int = MOST_REQUESTS
    """A batch with more fails."""


@dataclass
class _File:
    id: str
    name: str
    purpose: str
    content: bytes
    created: int = field(default_factory=lambda: int(time.time()))

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": "file",
            "bytes": len(self.content),
            "created_at": self.created,
            "filename": self.name,
            "purpose": self.purpose,
            "status": "processed",
        }


class Batches:
    """What was uploaded and ordered; `respond` answers a line's request."""

    def __init__(self, dials: Batching, respond: Callable[[Request], Response]) -> None:
        self._dials, self._respond = dials, respond
        self._files: dict[str, _File] = {}
        self._batches: dict[str, dict[str, Any]] = {}
        self._running: set[asyncio.Task[None]] = set()

    def handle(self, received: Received, path: str) -> Sent | None:
        """The response where the address is one of files or batches and what it names is there, else None."""
        match received.method, path.strip("/").split("/"):
            case "POST", ["files"]:
                form = received.form()
                name = form.get("filename", b"upload").decode()
                return as_json(self._keep(form["file"], form["purpose"].decode(), name).as_json())
            case "GET", ["files"]:
                return as_json(_page([file.as_json() for file in self._files.values()], received.query))
            case "GET", ["files", name] if name in self._files:
                return as_json(self._files[name].as_json())
            case "DELETE", ["files", name] if name in self._files:
                del self._files[name]
                return as_json({"id": name, "object": "file", "deleted": True})
            case "GET", ["files", name, "content"] if name in self._files:
                return Sent(200, self._files[name].content, {"Content-Type": "application/octet-stream"})
            case "POST", ["batches"]:
                return self._create(received.json(), received.headers.get("authorization", ""))
            case "GET", ["batches"]:
                return as_json(_page(list(self._batches.values()), received.query))
            case "GET", ["batches", name] if name in self._batches:
                return as_json(self._batches[name])
            case "POST", ["batches", name, "cancel"] if name in self._batches:
                batch = self._batches[name]
                if batch["status"] in ("validating", "in_progress"):
                    batch.update(status="cancelling", cancelling_at=int(time.time()))
                return as_json(batch)
        return None

    def _keep(self, content: bytes, purpose: str, name: str) -> _File:
        file = _File(f"file-{len(self._files) + 1}-{time.time_ns():x}", name, purpose, content)
        self._files[file.id] = file
        return file

    def _create(self, order: dict[str, Any], authorization: str) -> Sent:
        if order["input_file_id"] not in self._files:
            return as_json(Failure(400, f"no such file: {order['input_file_id']}").body, 400)
        now = int(time.time())
        batch = {
            **{name: order[name] for name in ("endpoint", "input_file_id", "completion_window")},
            "id": f"batch_{len(self._batches) + 1}_{time.time_ns():x}",
            "object": "batch",
            "status": "validating",
            "metadata": order.get("metadata"),
            "created_at": now,
            "expires_at": now + 24 * 3600,
            "output_file_id": None,
            "error_file_id": None,
            "errors": None,
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
        }
        self._batches[batch["id"]] = batch
        task = asyncio.create_task(self._process(batch, len(self._batches), authorization))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return as_json(batch)

    async def _process(self, batch: dict[str, Any], number: int, authorization: str) -> None:
        lines = [json.loads(line) for line in self._files[batch["input_file_id"]].content.splitlines() if line.strip()]
        if fault := self._fault(lines, batch["endpoint"], number):
            errors = [{"code": "invalid_batch", "message": fault, "param": None, "line": None}]
            batch.update(status="failed", failed_at=int(time.time()), errors={"object": "list", "data": errors})
            return
        batch.update(status="in_progress", in_progress_at=int(time.time()))
        batch["request_counts"]["total"] = len(lines)
        await asyncio.sleep(self._dials.delay)
        status = "expired" if number <= self._dials.failed + self._dials.expired else "completed"
        status = "cancelled" if batch["status"] == "cancelling" else status
        done = len(lines) if status == "completed" else len(lines) // 2
        outcomes = [_outcome(line, self._respond(Request(line["body"], authorization))) for line in lines[:done]]
        outcomes += [_undone(line, status) for line in lines[done:]]
        good = [row for row in outcomes if row["response"] and row["response"]["status_code"] == 200]
        bad = [row for row in outcomes if not row["response"] or row["response"]["status_code"] != 200]
        for name, rows in (("output_file_id", good), ("error_file_id", bad)):
            if rows:
                content = "".join(json.dumps(row) + "\n" for row in reversed(rows))  # the order is no promise
                batch[name] = self._keep(content.encode(), "batch_output", f"{batch['id']}.jsonl").id
        batch["request_counts"].update(completed=len(good), failed=len(bad))
        batch.update({"status": status, f"{status}_at": int(time.time())})

    def _fault(self, lines: list[dict[str, Any]], endpoint: str, number: int) -> str:
        """Why a batch can't be worked on, as the API checks it; empty where it can."""
        if number <= self._dials.failed:
            return "scripted failure"
        if not 0 < len(lines) <= self._dials.most_requests:
            return f"{len(lines)} requests; a batch has 1 to {self._dials.most_requests}"
        if len({line["custom_id"] for line in lines}) < len(lines):
            return "a custom_id stands twice"
        if any(line["url"] != endpoint or line["method"] != "POST" for line in lines):
            return f"a line is not for POST {endpoint}"
        if len({line["body"].get("model") for line in lines}) > 1:
            return "more than one model"
        return ""


def _page(rows: list[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
    """The newest first, from `after` on."""
    newest = list(reversed(rows))
    names = [row["id"] for row in newest]
    start = names.index(query["after"]) + 1 if query.get("after") in names else 0
    end = start + int(query.get("limit", PAGE))
    shown = names[start:end]
    return {
        "object": "list",
        "data": newest[start:end],
        "has_more": end < len(newest),
        "first_id": shown[0] if shown else None,
        "last_id": shown[-1] if shown else None,
    }


def _outcome(line: dict[str, Any], response: Response) -> dict[str, Any]:
    request = Request(line["body"])
    match response:
        case Answer():
            status, body = 200, response.completion(request)
        case Garbage(text):
            status, body = 200, {"garbage": text}
        case Failure(status):
            body = response.body
        case Dropped():
            status, body = 500, Failure(500).body
    name = f"batch_req_{request.digest[:8]}"
    answered = {"status_code": status, "request_id": name, "body": body}
    return {"id": name, "custom_id": line["custom_id"], "response": answered, "error": None}


def _undone(line: dict[str, Any], status: str) -> dict[str, Any]:
    error = {"code": f"batch_{status}", "message": "This request could not be executed before the batch ended."}
    return {"id": "batch_req_undone", "custom_id": line["custom_id"], "response": None, "error": error}
