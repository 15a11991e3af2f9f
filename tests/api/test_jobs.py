"""Jobs: states, progress, cancelling, files, bounds, and the stream of events of a real server."""

import asyncio
import json
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from api.jobs import Job, Jobs, JobState, JobStatus
from api.main import create_app
from api.settings import Settings
from geo.errors import GeometryError
from layers.errors import NotAvailableError, NotFoundError

Progress = Callable[[float, str], None]


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    started = Jobs(max_waiting=3, max_finished=2)
    yield started
    started.stop()


def wait(job: Job) -> JobStatus:
    async def follow() -> JobStatus:
        async for status in job.follow():
            last = status
        return last

    return asyncio.run(asyncio.wait_for(follow(), 10))


class Gate:
    """A function that reports where it is and goes on when it is told."""

    def __init__(self) -> None:
        self.started, self.go = threading.Event(), threading.Event()

    def __call__(self, progress: Progress) -> str:
        progress(0.25, "waiting")
        self.started.set()
        self.go.wait(10)
        progress(0.5, "going on")
        return "done"


def test_job_runs_to_its_result(jobs: Jobs) -> None:
    def add(a: int, b: int, progress: Progress) -> int:
        progress(0.5, "adding")
        return a + b

    job = jobs.submit("add", add, a=2, b=3)
    status = wait(job)
    assert (status.state, status.progress, status.result, status.error) == (JobState.DONE, 1.0, 5, None)
    assert status.message == "adding"
    assert status.eta_s is None


def test_running_job_shows_progress_and_estimate(jobs: Jobs) -> None:
    gate = Gate()
    job = jobs.submit("wait", gate)
    assert gate.started.wait(10)
    status = job.status()
    assert (status.state, status.progress, status.message) == (JobState.RUNNING, 0.25, "waiting")
    assert status.eta_s is not None
    assert status.eta_s >= 0
    gate.go.set()
    assert wait(job).result == "done"


def test_progress_never_falls_nor_leaves_its_range(jobs: Jobs) -> None:
    seen: list[float] = []

    def jump(progress: Progress) -> None:
        for fraction in (0.5, 0.2, math.nan, 7.0, -1.0):
            progress(fraction, "")
            seen.append(job.status().progress)

    ready = threading.Event()

    def start(progress: Progress) -> None:
        ready.wait(10)
        jump(progress)

    job = jobs.submit("jump", start)
    ready.set()
    wait(job)
    assert seen == [0.5, 0.5, 0.5, 1.0, 1.0]


def test_running_job_is_cancelled_at_its_next_word(jobs: Jobs) -> None:
    gate = Gate()
    job = jobs.submit("wait", gate)
    assert gate.started.wait(10)
    jobs.cancel(job)
    assert job.state is JobState.RUNNING
    gate.go.set()
    assert wait(job).state is JobState.CANCELLED


def test_waiting_job_is_cancelled_at_once_and_never_runs(jobs: Jobs) -> None:
    gates = [Gate(), Gate()]
    running = [jobs.submit("wait", gate) for gate in gates]
    for gate in gates:
        assert gate.started.wait(10)
    never = Gate()
    waiting = jobs.submit("wait", never)
    assert waiting.state is JobState.QUEUED
    jobs.cancel(waiting)
    assert waiting.state is JobState.CANCELLED
    for gate in gates:
        gate.go.set()
    for job in running:
        wait(job)
    assert not never.started.is_set()


def test_finished_job_cannot_be_cancelled(jobs: Jobs) -> None:
    job = jobs.submit("nothing", lambda progress: 1)
    wait(job)
    jobs.cancel(job)
    assert job.state is JobState.DONE


def test_failed_job_says_why_in_both_languages(jobs: Jobs) -> None:
    def fail(progress: Progress) -> None:
        raise GeometryError("row 3: ring crosses itself", zh="第 3 行：环自相交")

    error = wait(jobs.submit("fail", fail)).error
    assert error is not None
    assert (error.type, error.message, error.message_zh) == (
        "GeometryError",
        "row 3: ring crosses itself",
        "第 3 行：环自相交",
    )


def test_surprising_failure_is_logged_and_not_shown(jobs: Jobs, caplog: pytest.LogCaptureFixture) -> None:
    def fail(progress: Progress) -> None:
        raise ZeroDivisionError("inner detail")

    status = wait(jobs.submit("fail", fail))
    assert status.state is JobState.FAILED
    assert status.error is not None
    assert "inner detail" not in status.error.message
    assert "inner detail" in caplog.text


def test_files_of_a_job_are_listed_and_go_with_it(jobs: Jobs) -> None:
    folder = jobs.make_folder()

    def write(results: Path, progress: Progress) -> None:
        results.mkdir()
        (results / "b.csv").write_text("1")
        (results / "a.csv").write_text("22")

    job = jobs.submit("write", write, folder=folder, results=folder / "files")
    assert [(file.name, file.size_bytes) for file in wait(job).files] == [("a.csv", 2), ("b.csv", 1)]
    for _ in range(3):
        wait(jobs.submit("nothing", lambda progress: None))
    assert not folder.exists()
    with pytest.raises(NotFoundError):
        jobs.get(job.id, "local")


def test_too_many_waiting_jobs_are_refused(jobs: Jobs) -> None:
    gates = [Gate(), Gate()]
    for gate in gates:
        jobs.submit("wait", gate)
        assert gate.started.wait(10)
    for _ in range(3):
        jobs.submit("nothing", lambda progress: None)
    with pytest.raises(NotAvailableError, match="3 jobs wait"):
        jobs.submit("nothing", lambda progress: None)
    for gate in gates:
        gate.go.set()


def test_jobs_belong_to_their_owner(jobs: Jobs) -> None:
    job = jobs.submit("nothing", lambda progress: None, owner="ann")
    assert jobs.of("ann") == [job]
    assert jobs.of("bo") == []
    with pytest.raises(NotFoundError):
        jobs.get(job.id, "bo")


def test_stop_cancels_what_runs_and_waits() -> None:
    jobs = Jobs()

    def endless(progress: Progress) -> None:
        while True:
            progress(0.1, "")
            time.sleep(0.01)

    started = [jobs.submit("endless", endless) for _ in range(4)]
    folder = started[0].folder
    jobs.stop()
    assert {job.state for job in started} == {JobState.CANCELLED}
    assert not folder.exists()


@contextmanager
def serve(app: Any) -> Iterator[str]:
    """Serve an application with uvicorn in a thread; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    listener.close()


def read_events(response: httpx.Response) -> Iterator[dict[str, str]]:
    event: dict[str, str] = {}
    for line in response.iter_lines():
        if not line and event:
            yield event
            event = {}
        elif line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            event[name] = value


def test_events_stream_resume_and_end(new_sqlite_url: Callable[[], str]) -> None:
    app = create_app(Settings(database_url=new_sqlite_url()))
    gate = Gate()
    with serve(app) as address, httpx.Client(base_url=address, timeout=10) as client:
        job = app.state.jobs.submit("wait", gate)
        path = f"/api/v1/jobs/{job.id}/events"
        assert gate.started.wait(10)
        with client.stream("GET", path) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            first = next(read_events(response))
        assert first["event"] == "running"
        assert json.loads(first["data"])["progress"] == 0.25

        gate.go.set()
        with client.stream("GET", path, headers={"Last-Event-ID": first["id"]}) as response:
            events = list(read_events(response))
        assert all(int(event["id"]) > int(first["id"]) for event in events)
        last = events[-1]
        assert (last["event"], json.loads(last["data"])["result"]) == ("done", "done")

        # A browser that connects again after the end is told to stop.
        assert client.get(path, headers={"Last-Event-ID": last["id"]}).status_code == 204
        assert client.get(path, headers={"Last-Event-ID": "nonsense"}).status_code == 200


def test_delete_cancels_over_http(new_sqlite_url: Callable[[], str]) -> None:
    app = create_app(Settings(database_url=new_sqlite_url()))
    gate = Gate()
    with serve(app) as address, httpx.Client(base_url=address, timeout=10) as client:
        job = app.state.jobs.submit("wait", gate)
        assert gate.started.wait(10)
        assert client.delete(f"/api/v1/jobs/{job.id}").status_code == 202
        gate.go.set()
        with client.stream("GET", f"/api/v1/jobs/{job.id}/events") as response:
            assert list(read_events(response))[-1]["event"] == "cancelled"
        assert client.get("/api/v1/jobs").json()["jobs"][0]["state"] == "cancelled"
        assert client.get("/api/v1/jobs/nothing").status_code == 404


def test_a_silent_stream_does_not_hold_up_the_end(new_sqlite_url: Callable[[], str]) -> None:
    app = create_app(Settings(database_url=new_sqlite_url()))
    gate = Gate()
    with serve(app) as address, httpx.Client(base_url=address, timeout=10) as client:
        job = app.state.jobs.submit("wait", gate)
        assert gate.started.wait(10)
        with client.stream("GET", f"/api/v1/jobs/{job.id}/events") as response:
            next(read_events(response))
            started_s = time.monotonic()
            threading.Timer(0.5, gate.go.set).start()
    assert time.monotonic() - started_s < 8
