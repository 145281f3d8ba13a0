"""The server: connections, addresses, and the path of a chat request through faults, latency and script."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Literal

from tasks.models.scripted.batches import Batches, Batching
from tasks.models.scripted.counters import Counters
from tasks.models.scripted.embedding import embeddings
from tasks.models.scripted.faults import Faults, drawn
from tasks.models.scripted.script import Answer, Dropped, Failure, Garbage, Request, Response, Script
from tasks.models.scripted.wire import LONGEST_HEAD, ProtocolError, Received, Sent, as_json, receive, send

Latency = float | tuple[float, float] | Callable[[Request], float]
BACKLOG = 1024  # connections that wait to be taken up


class ScriptedEndpoint:
    """Serves chat completions, embeddings, models, files, batches and /counters from one thread.

    `script` is a function, or a list of responses of which the last is repeated; a plain string is an Answer. It is
    called in the server's loop and must not wait: `latency` does that, in seconds: a number, a range that is drawn
    from by the faults' seed, or a function of the request.
    `refuses` names what gets status 400: any `response_format`, or only one of the type `json_schema`.
    Without `keep_requests` no request is kept, so that the memory of a long run stays flat.
    """

    def __init__(
        self,
        script: Script,
        *,
        latency: Latency = 0.0,
        faults: Faults | None = None,
        refuses: Literal["nothing", "json_schema", "response_format"] = "nothing",
        usage: bool = True,
        keep_requests: bool = True,
        batching: Batching | None = None,
        model: str = "scripted",
        port: int = 0,
    ) -> None:
        self.requests: list[Request] = []
        self.counters = Counters()
        self._script, self._latency, self._faults = script, latency, faults or Faults()
        self._refuses, self._usage, self._keep, self._model = refuses, usage, keep_requests, model
        self._batches = Batches(batching or Batching(), self._respond_in_batch)
        self._socket = socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)
        self._serving, self._stop = threading.Event(), asyncio.Event()
        self._loop: asyncio.AbstractEventLoop

    @property
    def busiest(self) -> int:
        """Most requests that were in flight at a time."""
        return self.counters.peak_in_flight

    def __enter__(self) -> ScriptedEndpoint:
        self._thread.start()
        self._serving.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def serve_forever(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._converse, sock=self._socket, limit=LONGEST_HEAD)
        self._serving.set()
        await self._stop.wait()
        server.close()  # connections that are open end with the loop

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests, one after the other."""
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):  # a client that was killed or would not wait
            try:
                while (received := await receive(reader)) is not None and (sent := await self._handle(received)):
                    await send(writer, sent)
                    if received.headers.get("connection", "").lower() == "close":
                        break
            except ProtocolError as error:
                await send(writer, as_json({"error": {"message": str(error)}}, 400))
        writer.close()

    async def _handle(self, received: Received) -> Sent | None:
        """The response to a request; None closes the connection."""
        path = received.path.removeprefix("/v1")
        try:
            match received.method, path:
                case "POST", "/chat/completions":
                    return await self._chat(Request(received.json(), received.headers.get("authorization", "")))
                case "POST", "/embeddings":
                    return as_json(embeddings(received.json()))
                case "GET", "/models":
                    return as_json({"object": "list", "data": [{"id": self._model, "object": "model"}]})
                case "GET", "/counters":
                    return as_json(self.counters.as_json())
            if (found := self._batches.handle(received, path)) is not None:
                return found
        except (ValueError, KeyError) as error:
            return as_json({"error": {"message": f"the request cannot be read: {error!r}"}}, 400)
        return as_json({"error": {"message": f"no such address: {received.method} {received.path}"}}, 404)

    async def _chat(self, request: Request) -> Sent | None:
        number, before = self._count(request)
        self.counters.enter()
        due = self._loop.time() + self._seconds(request, before)
        try:
            response = self._decide(request, number, before)
            await asyncio.sleep(due - self._loop.time())  # making it up is part of the latency
            self.counters.answer(request, response)
        finally:
            self.counters.leave()
        match response:
            case Answer(pieces=pieces, pause=pause, broken_off=broken_off):
                completion = response.completion(request, usage=self._usage)
                return as_json(completion, pieces=pieces, pause=pause, broken_off=broken_off)
            case Failure(status, retry_after=after):
                return as_json(response.body, status, headers={"Retry-After": after} if after is not None else {})
            case Garbage(text, content_type):
                return Sent(200, text.encode(), {"Content-Type": content_type})
            case Dropped():
                return None

    def _respond_in_batch(self, request: Request) -> Response:
        self.counters.batched += 1
        response = self._decide(request, *self._count(request))
        self.counters.answer(request, response)
        return response

    def _count(self, request: Request) -> tuple[int, int]:
        """The request's number, and how many times the same one was sent before."""
        number = self.counters.requests
        if self._keep:
            self.requests.append(request)
        return number, self.counters.ask(request)

    def _seconds(self, request: Request, before: int) -> float:
        if callable(self._latency):
            return self._latency(request)
        if isinstance(self._latency, tuple):
            least, most = self._latency
            return least + (most - least) * drawn(self._faults.seed, request, before, "latency")
        return self._latency

    def _decide(self, request: Request, number: int, before: int) -> Response:
        """What comes of a request: a refusal, a fault, or what the script says, perhaps with a fault in it."""
        response: Response | None = self._refusal(request)
        fault = self._faults.draw(request, before)
        if response is None and fault is not None:
            response = self._faults.instead(fault, request, before)
        if response is None:
            response = self._play(request, number)
            if fault is not None and isinstance(response, Answer):
                response = self._faults.spoil(fault, response, request, before)
        return response

    def _refusal(self, request: Request) -> Failure | None:
        wanted = request.body.get("response_format")
        if wanted is None or self._refuses == "nothing":
            return None
        if self._refuses == "json_schema" and wanted.get("type") != "json_schema":
            return None
        return Failure(400, f"response_format {wanted.get('type')} is not supported", code="unsupported_parameter")

    def _play(self, request: Request, number: int) -> Response:
        try:
            said = self._script(request) if callable(self._script) else self._script[min(number, len(self._script) - 1)]
        except Exception as error:  # the client is told, since nobody waits for this thread
            return Failure(500, f"the script raised {error!r}")
        return Answer(said) if isinstance(said, str) else said
