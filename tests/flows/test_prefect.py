"""The README's way with Prefect, for real: a server, a pool, the deployments, a worker, two runs."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from artifacts.runs import runs
from artifacts.store import Store
from tests.source import ROOT

pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True)
class Prefect:
    """A server of the test's own, and the command line that talks to it."""

    environment: dict[str, str]

    @property
    def api(self) -> str:
        return self.environment["PREFECT_API_URL"]

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "prefect", *words]
        log = Path(self.environment["PREFECT_HOME"]) / f"{words[0]}.log"
        with log.open("wb") as file:
            return subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=file, stderr=file, start_new_session=True
            )

    def run(self, *words: str) -> str:
        return self._run([sys.executable, "-m", "prefect", *words])

    def graft(self, *words: str) -> str:
        return self._run([sys.executable, "-c", "from flows.cli import main; main()", *words])

    def _run(self, command: list[str]) -> str:
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def ask(self, path: str, **body: Any) -> Any:
        request = Request(f"{self.api}/{path}", json.dumps(body).encode(), {"content-type": "application/json"})
        with urlopen(request, timeout=30) as reply:
            return json.load(reply)


@pytest.fixture(scope="module")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prefect]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "PREFECT_HOME": str(tmp_path_factory.mktemp("prefect")),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_CLI_COLORS": "false",
        "DO_NOT_TRACK": "1",
        "PYTHONPATH": str(ROOT),
    }
    client = Prefect(environment)
    server = client.start("server", "start", "--port", str(port))
    try:
        wait_for(lambda: urlopen(f"{client.api}/health", timeout=5).status == 200, server)
        client.run("work-pool", "create", "graft", "--type", "process")
        client.run("deploy", "--all")
        worker = client.start("worker", "start", "--pool", "graft")
        try:
            yield client
        finally:
            stop(worker)
    finally:
        stop(server)


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert process.poll() is None, "the process ended before it was up"
        try:
            if condition():
                return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"not up after {seconds} s")


def stop(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)


def test_the_deployments_are_as_promised(prefect: Prefect) -> None:
    deployments = {each["name"]: each for each in prefect.ask("deployments/filter")}
    assert deployments.keys() == {"quickstart", "nightly"}
    [schedule] = deployments["nightly"]["schedules"]
    assert schedule["active"]
    assert schedule["schedule"]["cron"] == "0 2 * * *"
    assert schedule["schedule"]["timezone"]
    for deployment in deployments.values():
        assert deployment["global_concurrency_limit"]["limit"] == 1
        assert deployment["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
    form = deployments["quickstart"]["parameter_openapi_schema"]["properties"]
    assert form.keys() == {"config", "overrides", "force", "until"}


def test_the_nightly_runs_are_scheduled(prefect: Prefect) -> None:
    """The server plans them by itself; its scheduler failed without a word under another release of sqlalchemy."""
    planned = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    for _ in range(60):
        if waiting := prefect.ask("flow_runs/filter", **planned):
            break
        time.sleep(1)
    nightly = next(each["id"] for each in prefect.ask("deployments/filter") if each["name"] == "nightly")
    assert waiting
    assert {run["deployment_id"] for run in waiting} == {nightly}


def test_the_second_run_of_a_deployment_is_all_cached(prefect: Prefect, tmp_path: Path) -> None:
    documents, store = tmp_path / "documents", Store(tmp_path / "store")
    documents.mkdir()
    (documents / "pump.md").write_text("# Pump P1\n\nWeight: 3 kg\n\nColour: green\n", encoding="utf-8")
    (documents / "水箱.md").write_text("# 水箱\n\n容量：40 升\n\n颜色：绿色\n", encoding="utf-8")
    parameters = {"overrides": [f"parse.source={documents}", f"store={store.root}"], "until": "clean"}
    for _ in range(2):
        prefect.run("deployment", "run", "pipeline/quickstart", "--params", json.dumps(parameters), "--watch")
    words = ["run", "--until", "clean", "--set", f"parse.source={documents}", "--set", f"store={store.root}"]
    told = prefect.graft(*words)
    assert "The run can be watched at" in told

    by_hand, second, first = runs(store)
    assert {entry.state for entry in by_hand.stages} == {"reused"}
    assert [(entry.stage, entry.state) for entry in first.stages] == [
        ("parse", "made"),
        ("generate", "made"),
        ("clean", "made"),
    ]
    assert {entry.state for entry in second.stages} == {"reused"}
    for record, expected in ((first, "Completed"), (second, "Cached"), (by_hand, "Cached")):
        flow_run = {"id": {"any_": [record.flow_run]}}
        tasks = prefect.ask("task_runs/filter", flow_runs=flow_run, sort="EXPECTED_START_TIME_ASC")
        assert [task["name"].split("-")[0] for task in tasks] == ["parse", "generate", "clean"]
        assert {task["state"]["name"] for task in tasks} == {expected}
        assert [run["state"]["type"] for run in prefect.ask("flow_runs/filter", flow_runs=flow_run)] == ["COMPLETED"]
        pages = prefect.ask("artifacts/filter", flow_runs=flow_run)
        assert {page["key"] for page in pages} == {"graft-parse", "graft-generate", "graft-clean"}
        lines = [line["message"] for line in prefect.ask("logs/filter", logs={"flow_run_id": flow_run["id"]})]
        assert any(line.startswith("clean: ") for line in lines), lines
