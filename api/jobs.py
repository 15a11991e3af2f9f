"""Long actions in the background: states, progress, cancelling, and a stream of events.

A job is a function that is handed ``progress(fraction, message)``. Calling it is what makes a job observable and
stoppable: once somebody has cancelled, the next call raises :class:`layers.errors.CancelledError`.
Jobs live in this process and are forgotten with it; what they compute is stored by the function itself.
"""

import asyncio
import logging
import math
import shutil
import tempfile
import threading
import time
import uuid
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from api.errors import ErrorBody, describe_error, describe_surprise, is_of_the_server
from geo.errors import RiskmapError
from layers.errors import CancelledError, NotAvailableError, NotFoundError

__all__ = ["Job", "JobFile", "JobState", "JobStatus", "Jobs"]

_logger = logging.getLogger(__name__)

_THREADS = 2
_MAX_WAITING = 50
_MAX_FINISHED = 100
_MIN_FRACTION_FOR_ETA = 0.01


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class JobFile(BaseModel):
    """A file that a job made, to be downloaded."""

    name: str
    size_bytes: int
    href: str


class JobStatus(BaseModel):
    """A job as the interface shows it.

    ``revision`` grows with every change; ``progress`` runs from 0 to 1; ``eta_s`` is a straight-line estimate
    and null while there is nothing to estimate from.
    """

    id: str
    kind: str
    state: JobState
    progress: float
    message: str
    eta_s: float | None
    result: Any
    error: ErrorBody | None
    files: list[JobFile]
    revision: int


class Job:
    """One run of a function in the background.

    Attributes
    ----------
    id, kind, owner : str
        Random name, what it does, and the name of the principal it belongs to.
    folder : Path
        Its own folder for uploads and results; goes when the job is forgotten.
    """

    def __init__(self, kind: str, owner: str, folder: Path) -> None:
        self.id = uuid.uuid4().hex
        self.kind = kind
        self.owner = owner
        self.folder = folder
        self._lock = threading.Lock()
        self._listeners: set[Callable[[], None]] = set()
        self._cancelled = False
        self._state = JobState.QUEUED
        self._progress = 0.0
        self._message = ""
        self._started_s = 0.0
        self._result: Any = None
        self._error: ErrorBody | None = None
        self._files: list[JobFile] = []
        self._revision = 1

    @property
    def state(self) -> JobState:
        """Where the job stands."""
        return self._state

    def status(self) -> JobStatus:
        """Return a consistent picture of the job."""
        with self._lock:
            return JobStatus(
                id=self.id,
                kind=self.kind,
                state=self._state,
                progress=self._progress,
                message=self._message,
                eta_s=self._eta_s(),
                result=self._result,
                error=self._error,
                files=self._files,
                revision=self._revision,
            )

    def progress(self, fraction: float, message: str = "") -> None:
        """Say how far the job is; handed to the function.

        Raises
        ------
        CancelledError
            If the job has been cancelled.
        """
        if self._cancelled:
            raise CancelledError("the job was cancelled", zh="任务已取消")
        # Never backwards: parts of an action may each count from 0. NaN counts as no news.
        known = fraction if math.isfinite(fraction) else 0.0
        self._change(progress=min(max(known, self._progress), 1.0), message=message or self._message)

    def cancel(self) -> None:
        """Ask the job to stop at its next word of progress; nothing happens to a finished one."""
        self._cancelled = True

    async def follow(self, after: int = 0) -> AsyncIterator[JobStatus]:
        """Yield the status after every change beyond revision `after`, up to the final one.

        Changes faster than the reader are folded into the newest.
        """
        loop = asyncio.get_running_loop()
        changed = asyncio.Event()

        def notify() -> None:
            loop.call_soon_threadsafe(changed.set)

        self._listeners.add(notify)
        try:
            while True:
                changed.clear()
                status = self.status()
                if status.revision > after:
                    after = status.revision
                    yield status
                if status.state.is_final:
                    return
                await changed.wait()
        finally:
            self._listeners.discard(notify)

    def run(self, function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        """Run the function, in a worker thread."""
        self._started_s = time.monotonic()
        self.progress(0.0)
        self._change(state=JobState.RUNNING)
        return function(progress=self.progress, **arguments)

    def finish(self, future: Future[Any]) -> None:
        """Take over how the run ended."""
        if future.cancelled():
            self._change(state=JobState.CANCELLED)
            return
        error = future.exception()
        if error is None:
            self._change(state=JobState.DONE, progress=1.0, result=future.result(), files=_list_files(self))
        elif isinstance(error, CancelledError):
            self._change(state=JobState.CANCELLED)
        elif isinstance(error, RiskmapError):
            if is_of_the_server(error):
                _logger.error("job %s (%s): %s: %s", self.id, self.kind, type(error).__name__, error.message)
            self._change(state=JobState.FAILED, error=ErrorBody(**describe_error(error)))
        else:
            _logger.error("job %s (%s) failed", self.id, self.kind, exc_info=error)
            self._change(state=JobState.FAILED, error=ErrorBody(**describe_surprise()))

    def _change(self, **values: Any) -> None:
        with self._lock:
            for name, value in values.items():
                setattr(self, f"_{name}", value)
            self._revision += 1
        for notify in tuple(self._listeners):
            notify()

    def _eta_s(self) -> float | None:
        if self._state is not JobState.RUNNING or self._progress < _MIN_FRACTION_FOR_ETA:
            return None
        elapsed_s = time.monotonic() - self._started_s
        return round(elapsed_s * (1 - self._progress) / self._progress, 1)


class Jobs:
    """The jobs of this process.

    Parameters
    ----------
    threads : int
        How many run at the same time.
    max_waiting, max_finished : int
        How many may wait, and how many finished ones are remembered.
    """

    def __init__(
        self, threads: int = _THREADS, max_waiting: int = _MAX_WAITING, max_finished: int = _MAX_FINISHED
    ) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="riskmap-job")
        self._max_waiting = max_waiting
        self._max_finished = max_finished
        self._jobs: dict[str, Job] = {}
        self._futures: dict[str, Future[Any]] = {}
        self._lock = threading.Lock()
        self._root = Path(tempfile.mkdtemp(prefix="riskmap-jobs-"))

    def make_folder(self) -> Path:
        """Return a new folder for one job, to be handed to :meth:`submit`."""
        return Path(tempfile.mkdtemp(dir=self._root))

    def submit(
        self,
        kind: str,
        function: Callable[..., Any],
        *,
        owner: str = "local",
        folder: Path | None = None,
        **arguments: Any,
    ) -> Job:
        """Queue ``function(progress=…, **arguments)`` and return its job.

        Files that the function leaves in ``folder / "files"`` can be downloaded once it is done.

        Raises
        ------
        NotAvailableError
            If too many jobs wait already.
        """
        job = Job(kind, owner, folder or self.make_folder())
        with self._lock:
            waiting = sum(other.state is JobState.QUEUED for other in self._jobs.values())
            if waiting >= self._max_waiting:
                shutil.rmtree(job.folder, ignore_errors=True)
                raise NotAvailableError(
                    f"{waiting} jobs wait already; try again later",
                    zh=f"已有 {waiting} 个任务在排队，请稍后再试",
                )
            self._forget_oldest()
            self._jobs[job.id] = job
            future = self._executor.submit(job.run, function, arguments)
            self._futures[job.id] = future
        future.add_done_callback(job.finish)
        return job

    def get(self, job_id: str, owner: str) -> Job:
        """Return a job of that owner.

        Raises
        ------
        NotFoundError
            If there is none, be it somebody else's.
        """
        job = self._jobs.get(job_id)
        if job is None or job.owner != owner:
            raise NotFoundError(f"there is no job {job_id!r}", zh=f"没有编号为“{job_id}”的任务")
        return job

    def of(self, owner: str) -> list[Job]:
        """Return the jobs of that owner, newest first."""
        # A copy first: other threads may submit meanwhile.
        return [job for job in reversed(list(self._jobs.values())) if job.owner == owner]

    def cancel(self, job: Job) -> None:
        """Cancel a job: at once while it waits, else at its next word of progress."""
        job.cancel()
        future = self._futures.get(job.id)
        if future is not None:  # else it has finished and is forgotten
            future.cancel()

    def stop(self) -> None:
        """Cancel everything, wait for the threads and remove all folders."""
        for job in tuple(self._jobs.values()):
            self.cancel(job)
        self._executor.shutdown(wait=True, cancel_futures=True)
        shutil.rmtree(self._root, ignore_errors=True)

    def _forget_oldest(self) -> None:
        finished = [job for job in self._jobs.values() if job.state.is_final]
        for job in finished[: max(0, len(finished) - self._max_finished + 1)]:
            del self._jobs[job.id], self._futures[job.id]
            shutil.rmtree(job.folder, ignore_errors=True)


def _list_files(job: Job) -> list[JobFile]:
    folder = job.folder / "files"
    return [
        JobFile(
            name=path.name, size_bytes=path.stat().st_size, href=f"/api/v1/jobs/{job.id}/files/{path.name}"
        )
        for path in (sorted(folder.iterdir()) if folder.is_dir() else ())
    ]
