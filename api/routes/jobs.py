"""Jobs: how far they are, their result and files, and cancelling."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException
from fastapi.responses import FileResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel

from api.access import PrincipalDep
from api.deps import JobsDep
from api.jobs import Job, JobStatus
from api.parameters import FileName, JobId
from layers.errors import NotFoundError

__all__ = ["router"]

router = APIRouter(prefix="/jobs", tags=["jobs"])

_REVISION = re.compile("[0-9]{1,18}")


class JobsOut(BaseModel):
    """Jobs, newest first."""

    jobs: list[JobStatus]


def find_job(job_id: JobId, jobs: JobsDep, principal: PrincipalDep) -> Job:
    """Return the job of the path, if it belongs to who asks."""
    return jobs.get(job_id, principal.name)


JobDep = Annotated[Job, Depends(find_job)]


def read_last_revision(
    job: JobDep, last_event_id: Annotated[str | None, Header(description="last event seen")] = None
) -> int:
    """Return the revision that a reader has seen already, 0 for none.

    Raises
    ------
    HTTPException
        204, which ends a browser's reconnecting, if the job is over and its end has been seen.
    """
    seen = int(last_event_id) if last_event_id and _REVISION.fullmatch(last_event_id) else 0
    if job.state.is_final and seen >= job.status().revision:
        raise HTTPException(204)
    return seen


@router.get("")
def list_jobs(jobs: JobsDep, principal: PrincipalDep) -> JobsOut:
    """Return one's own jobs, newest first."""
    return JobsOut(jobs=[job.status() for job in jobs.of(principal.name)])


@router.get("/{job_id}")
def get_job(job: JobDep) -> JobStatus:
    """Return one job."""
    return job.status()


@router.delete("/{job_id}", status_code=202)
def cancel_job(job: JobDep, jobs: JobsDep) -> JobStatus:
    """Cancel a job: it ends at its next word of progress; a finished one stays as it is."""
    jobs.cancel(job)
    return job.status()


@router.get("/{job_id}/events", response_class=EventSourceResponse)
async def follow_job(
    job: JobDep, seen: Annotated[int, Depends(read_last_revision)]
) -> AsyncIterator[ServerSentEvent]:
    """Stream the job's status after every change, up to the final one.

    Each event is named by the job's state and carries its revision as id; ``Last-Event-ID`` resumes after it.
    """
    async for status in job.follow(after=seen):
        yield ServerSentEvent(
            data=status.model_dump(mode="json"), event=status.state.value, id=str(status.revision)
        )


@router.get("/{job_id}/files/{name}", response_class=FileResponse)
def download_file(job: JobDep, name: FileName) -> FileResponse:
    """Return a file that the job made."""
    files = {file.name for file in job.status().files}
    if name not in files:
        raise NotFoundError(f"the job has no file {name!r}", zh=f"该任务没有文件“{name}”")
    return FileResponse(Path(job.folder, "files", name), filename=name)
