"""Audits of the register, and where a project may go: long actions, whose answers are jobs."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.access import PrincipalDep
from api.actions.audits import compare_audits, parse_basis, run_audit
from api.actions.siting import find_largest, find_sites
from api.deps import JobsDep, RulesDep, StoreDep, WritableStoreDep
from api.jobs import JobStatus
from api.queries import parse_area, today
from api.results.audits import AuditResult, FlipsResult
from api.results.siting import LargestResult, WhereResult
from api.routes.checks import ProposalsIn, save_proposals
from layers.siting.audits import AUDITED_LAYERS
from layers.siting.checks import choose_subject_layers
from layers.siting.search import read_area

__all__ = ["router"]

router = APIRouter(tags=["audits"])


class AuditIn(BaseModel):
    """What to audit, on which day, and with what to compare."""

    model_config = ConfigDict(extra="forbid")

    layers: list[str] = Field(default=list(AUDITED_LAYERS), min_length=1)
    on: date | None = None
    compare: str | None = Field(
        default=None,
        description="another day (2019-05-01), data:2026-01-31, rules:product, or the id of a stored audit",
    )
    with_advisory: bool = Field(default=False, description="count rules of recalled or disputed standing")


class WhereIn(BaseModel):
    """One project, and the area in which it may be put."""

    model_config = ConfigDict(extra="forbid")

    proposal: ProposalsIn
    area: str = Field(description="name or code of a division, or west,south,east,north in degrees")
    on: date | None = None
    crs: str | None = None
    accuracy_m: Annotated[float | None, Field(gt=0, allow_inf_nan=False)] = None
    resolution: int = Field(default=9, ge=0, le=15)
    radius_m: Annotated[float | None, Field(gt=0, allow_inf_nan=False)] = None
    set_aside: list[str] = Field(default_factory=list, description="rules to leave out")
    set_aside_lacking: bool = Field(
        default=False, description="leave out rules that lack data all over the area"
    )
    with_advisory: bool = Field(default=False, description="count rules of recalled or disputed standing")


class LargestIn(BaseModel):
    """One project, and the number of which the greatest is wanted."""

    model_config = ConfigDict(extra="forbid")

    proposal: ProposalsIn
    attribute: str
    least: Annotated[float, Field(allow_inf_nan=False)]
    most: Annotated[float, Field(allow_inf_nan=False)]
    tolerance: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    on: date | None = None
    crs: str | None = None
    accuracy_m: Annotated[float | None, Field(gt=0, allow_inf_nan=False)] = None
    with_advisory: bool = Field(default=False, description="count rules of recalled or disputed standing")


class LargestJob(JobStatus):
    """A job whose result is the greatest value that passes."""

    result: LargestResult | None


class AuditJob(JobStatus):
    """A job whose result are the counts, or what flips."""

    result: AuditResult | FlipsResult | None


class WhereJob(JobStatus):
    """A job whose result are regions, cells and clauses."""

    result: WhereResult | None


@router.post("/audit", status_code=202, response_model=AuditJob)
def start_audit(
    store: WritableStoreDep,
    rules: RulesDep,
    jobs: JobsDep,
    principal: PrincipalDep,
    wanted: AuditIn | None = None,
) -> JobStatus:
    """Apply all rules to all stored facilities: the answer is a job, its result the counts, or what flips."""
    wanted = wanted or AuditIn()
    common: dict[str, Any] = {
        "owner": principal.name,
        "store": store,
        "on": wanted.on or today(),
        "layers": choose_subject_layers(wanted.layers),
        "pack": rules.with_advisory() if wanted.with_advisory else rules,
    }
    if wanted.compare is None:
        return jobs.submit("audit", run_audit, **common).status()
    before = parse_basis(wanted.compare, on=common["on"], pack=common["pack"], own_paths=False)
    if isinstance(before, str):
        store.run(before)  # one that is not there is said now, not by a job that fails
    return jobs.submit("audit", compare_audits, before=before, **common).status()


@router.post("/where", status_code=202, response_model=WhereJob)
def start_where(
    wanted: WhereIn, store: StoreDep, rules: RulesDep, jobs: JobsDep, principal: PrincipalDep
) -> JobStatus:
    """Find where in an area a project may go: the answer is a job, its result regions, cells and clauses."""
    area = parse_area(wanted.area, store)
    read_area(area, store)
    folder = jobs.make_folder()
    job = jobs.submit(
        "where",
        find_sites,
        owner=principal.name,
        folder=folder,
        store=store,
        path=save_proposals(wanted.proposal, folder),
        reading={"crs": wanted.crs, "accuracy_m": wanted.accuracy_m},
        area=area,
        on=wanted.on or today(),
        pack=rules.with_advisory() if wanted.with_advisory else rules,
        resolution=wanted.resolution,
        radius_m=wanted.radius_m,
        set_aside=wanted.set_aside,
        set_aside_lacking=wanted.set_aside_lacking,
    )
    return job.status()


@router.post("/largest", status_code=202, response_model=LargestJob)
def start_largest(
    wanted: LargestIn, store: StoreDep, rules: RulesDep, jobs: JobsDep, principal: PrincipalDep
) -> JobStatus:
    """Find the greatest value of a number with which a project still passes where it is: the answer is a job."""
    folder = jobs.make_folder()
    job = jobs.submit(
        "largest",
        find_largest,
        owner=principal.name,
        folder=folder,
        store=store,
        path=save_proposals(wanted.proposal, folder),
        reading={"crs": wanted.crs, "accuracy_m": wanted.accuracy_m},
        attribute=wanted.attribute,
        between=(wanted.least, wanted.most),
        tolerance=wanted.tolerance,
        on=wanted.on or today(),
        pack=rules.with_advisory() if wanted.with_advisory else rules,
    )
    return job.status()
