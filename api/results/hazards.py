"""Results of the hazard engine as the interface publishes them."""

from typing import Any, Literal

from api.results.shapes import FindingOut, Shape, TextOut
from geo.rules.finding import Conclusion, Verdict
from geo.standing import Standing

__all__ = [
    "ContourOut",
    "DistanceResult",
    "HazardResult",
    "ParameterOut",
    "RoseOut",
    "StoredOut",
    "WhatIfResult",
]


class ParameterOut(Shape):
    """A row of a parameter table; one that stands in for a shipped row says who answers for it, and why."""

    table: str
    key: str
    value: float | str
    unit: str
    standard: str
    clause: str
    clause_zh: str
    source: str
    source_zh: str
    standing: Standing
    note: str
    note_zh: str
    overridden_by: str | None
    reason: str | None
    shipped_value: float | str | None


class AssessedPlantOut(Shape):
    """The plant that a result is about."""

    id: str
    name: str
    illustrative: bool


class ResidentsOut(Shape):
    """Residents within 500 m outside the boundary: the number used, what was counted, and from what."""

    people: int | None
    counted: float | None
    missing_share: float | None
    source: str | None


class TermOut(Shape):
    """One substance of a unit in the sums of S and R."""

    substance: str
    name: TextOut
    equipment: list[str]
    category: str
    mass_t: float
    critical_t: float
    beta: float
    ratio: float
    clause: TextOut


class UnitHazardOut(Shape):
    """A unit: S, whether it is a major hazard installation, R and grade (null: people around not known)."""

    id: str
    name: str
    kind: Literal["production", "storage"]
    s: float
    is_major: bool
    r: float | None
    grade: int | None
    terms: list[TermOut]


class HazardResult(Shape):
    """Identification and grading after GB 18218-2018."""

    schema_version: Literal["1.1"]
    plant: AssessedPlantOut
    people_within_500m: ResidentsOut
    is_major: bool
    grade: int | None
    alpha: float | None
    units: list[UnitHazardOut]
    awaiting_confirmation: list[ParameterOut]


class RoseOut(Shape):
    """The wind rose that a result rests on."""

    name: str
    source: str


class RoutingOut(Shape):
    """Which method of GB/T 37243-2019 applies, and why; no method where another standard gives the distances."""

    methods: list[str]
    reasons: list[TextOut]
    explosive_units: list[str]
    gas_units: list[str]
    excluded: ParameterOut | None
    standards: list[ParameterOut]


class DirectionOut(Shape):
    """How far a zone reaches in one direction from the boundary, its end, and by which method."""

    azimuth_deg: float
    distance_m: float
    end: list[float] | None
    method: str | None


class BandOut(Shape):
    """Greatest distance of a zone with uncertain inputs: 5, 50 and 95 % of seeded draws."""

    low_m: float
    median_m: float
    high_m: float
    samples: int
    seed: int


class ZoneOut(Shape):
    """Area in which the criterion of some classes of targets is exceeded, and the distances that follow."""

    target_classes: list[str]
    column: Literal["new", "in_service"]
    criterion_per_year: float | None
    pressure_limit_pa: float | None
    greatest_m: float
    band: BandOut | None
    by_unit_m: dict[str, float]
    directions: list[DirectionOut]
    geometry: dict[str, Any]


class ContourOut(Shape):
    """Area in which a level of individual risk is exceeded."""

    risk_per_year: float
    geometry: dict[str, Any]


class CornerOut(Shape):
    """Corner of an F-N curve: so often a year that many deaths or more."""

    deaths: float
    frequency_per_year: float


class SocietalOut(Shape):
    """Societal risk: F-N curve, potential loss of life, and the lines of the criterion at one death."""

    curve: list[CornerOut]
    pll_per_year: float
    region: Literal["unacceptable", "alarp", "acceptable"]
    upper_per_year: float
    lower_per_year: float
    people_inside: float
    source: str


class EscalationOut(Shape):
    """One end event that can knock over another piece of equipment; ``largest`` is null inside a flame."""

    source: str
    target: str
    scenario: str
    outcome: str
    quantity: Literal["heat", "blast"]
    threshold: float
    unit: str
    largest: float | None
    frequency_per_year: float


class DominoOut(Shape):
    """Screening for domino effects, how often a year others knock over each piece, and whether the risk holds it."""

    in_risk: bool
    note: TextOut
    escalations: list[EscalationOut]
    added_per_year: dict[str, float]


class CalledWeatherOut(Shape):
    """Stability and wind in which something happens."""

    stability: str
    wind_m_s: float


class EffectOut(Shape):
    """How far a piece of equipment kills or injures at most: the scenario and weather that reach farthest.

    ``weather`` is null where all are alike; ``beyond``: farther than the 10 km for which the models hold.
    """

    equipment: str
    scenario: str
    outcome: str
    probability: float
    weather: CalledWeatherOut | None
    quantity: Literal["heat", "blast", "flammable", "toxic", "toxic_load"]
    threshold: str
    name: TextOut
    value: float
    unit: str
    distance_m: float
    beyond: bool
    from_boundary_m: float
    model: str


class ModelOut(Shape):
    """A model that was used; unverified where it passed no comparison that counts.

    ``failed`` names the sets of comparisons that it failed: see the validation page.
    """

    key: str
    name: TextOut
    verified: bool
    failed: list[str]


class StoredOut(Shape):
    """How much was stored."""

    contours: int
    findings: int
    rasters: int


class DistanceResult(Shape):
    """External safety distance after GB/T 37243-2019 and GB 36894-2018."""

    schema_version: Literal["1.1"]
    digest: str
    plant: AssessedPlantOut
    state: str
    frequency_library: str
    wind_rose: RoseOut
    people_within_500m: ResidentsOut
    grade: int | None
    units: list[UnitHazardOut]
    routing: RoutingOut
    zones: list[ZoneOut]
    contours: list[ContourOut]
    targets: int
    verdict: Verdict
    conclusion: Conclusion
    findings: list[FindingOut]
    societal: SocietalOut | None
    domino: DominoOut
    effects: list[EffectOut]
    models: list[ModelOut]
    warnings: list[TextOut]
    awaiting_confirmation: list[ParameterOut]
    stored: StoredOut | None


class TargetRiskOut(Shape):
    """A target and its individual risk with the changed and with the present layout."""

    layer: str
    id: str
    name: str | None
    target_class: str | None
    risk_per_year: float
    risk_before_per_year: float
    exceeded: bool | None
    exceeded_before: bool | None


class LevelChangeOut(Shape):
    """How many targets lie inside a level of risk now and before, and how many entered and left."""

    risk_per_year: float
    inside: int
    inside_before: int
    entered: int
    left: int


class WhatIfResult(Shape):
    """A changed layout: coarse contours, risks of targets, and what differs from the present layout."""

    contours: list[ContourOut]
    cut_off: bool
    targets: list[TargetRiskOut]
    changes: list[LevelChangeOut]
