"""Former states of the data: the days on which something changed, and how much there was at the end of one."""

from datetime import date

from fastapi import APIRouter
from pydantic import BaseModel

from api.deps import StoreDep
from api.parameters import Day
from api.queries import parse_moment
from layers.store.days import count_features_at, list_days

__all__ = ["router"]

router = APIRouter(prefix="/days", tags=["layers"])


class DaysOut(BaseModel):
    """Days of China on which stored data changed, the earliest first."""

    days: list[date]


class DayOut(BaseModel):
    """How many features each layer held at the end of a day."""

    day: date
    counts: dict[str, int]


@router.get("")
def get_days(store: StoreDep) -> DaysOut:
    """Return the days on which a feature or a finding began or ended; ``at`` of other addresses takes them."""
    return DaysOut(days=list_days(store))


@router.get("/{day}")
def get_day(day: Day, store: StoreDep) -> DayOut:
    """Return how much each layer held at the end of a day."""
    return DayOut(day=day, counts=count_features_at(store, parse_moment(day.isoformat())))
