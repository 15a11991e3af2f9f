"""Which model follows a source: heavy or passive, steady or all at once; and the cloud that they make together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from geo.errors import HazardError, ParameterError
from geo.hazard.dispersion.britter_mcquaid import box_plume, box_puff
from geo.hazard.dispersion.cloud import Cloud, Part, Times
from geo.hazard.dispersion.passive import passive_plume, passive_puff
from geo.hazard.dispersion.slab import slab_part
from geo.hazard.dispersion.source import Diluted, Source, air_density_kg_m3, dilute, sources_of
from geo.hazard.dispersion.spread import plume_spread
from geo.hazard.dispersion.wind import check_weather, wind_at, wind_warnings
from geo.hazard.parameters import Parameter
from geo.hazard.plant import Surroundings
from geo.hazard.scenario import Release
from geo.hazard.substances import Substance
from geo.hazard.tables import Override, Table, table
from geo.hazard.weather import Weather
from geo.text import Text

__all__ = ["HeavyGas", "disperse", "heaviness", "is_heavy"]

_NEAR_FIELD = Text(
    "100 m 以内扩散参数为外推值", "nearer than 100 m the dispersion parameters are extrapolated"
)
_RISING = Text(
    "轻于空气：未计浮力抬升，地面浓度偏高（保守）",
    "lighter than air: its rise is not counted, which overstates concentrations at the ground",
)
_LIGHT_M_S2 = 0.5
"""Reduced gravity from which a source counts as light: 5 % lighter than air."""


class HeavyGas(StrEnum):
    """Model of heavy clouds."""

    SLAB = "slab"
    BRITTER_MCQUAID = "britter_mcquaid"
    NEVER = "never"
    """Every cloud is passive; for comparisons."""


@dataclass(frozen=True)
class _Followed:
    """A source followed by a model."""

    model: str
    part: Part
    warnings: tuple[Text, ...]
    details: dict[str, float]


def disperse(
    release: Release,
    substance: Substance,
    weather: Weather,
    surroundings: Surroundings,
    overrides: Sequence[Override] = (),
    heavy_gas: HeavyGas | str | None = None,
) -> Cloud:
    """Return the cloud of a release in a weather.

    Parameters
    ----------
    release : Release
    substance : Substance
    weather : Weather
    surroundings : Surroundings
    overrides : sequence of Override
        A user's values in the tables ``dispersion``, ``releases`` and ``britter_mcquaid``.
    heavy_gas : HeavyGas
        Model of what is heavy; that of the row ``heavy/model`` unless given. SLAB gives way to Britter-McQuaid where it
        fails, with a warning.

    Raises
    ------
    OutOfRangeError
        If there is no wind or no such stability class.
    HazardError
        If nothing of the release gets into the air.
    """
    check_weather(weather)
    dispersion = table("dispersion", overrides)
    sources = sources_of(release, substance, weather, surroundings, table("releases", overrides))
    if not sources:
        raise HazardError("nothing of the release gets into the air", "泄漏物没有进入大气的部分")
    model = _heavy_gas(heavy_gas or dispersion["heavy/model"].word)
    site = _Site(substance, weather, surroundings, dispersion, model, tuple(overrides))
    followed = [_follow(source, site) for source in sources]
    warnings = [*wind_warnings(weather, surroundings, dispersion), *release.warnings]
    warnings += [each for one in followed for each in one.warnings]
    return Cloud(
        model="+".join(dict.fromkeys(one.model for one in followed)),
        parts=tuple(one.part for one in followed),
        times=_times(sources, dispersion),
        warnings=tuple(dict.fromkeys(warnings)),
        parameters=(*release.parameters, *_parameters(site, followed)),
        details=_details(sources, followed),
    )


@dataclass(frozen=True)
class _Site:
    substance: Substance
    weather: Weather
    surroundings: Surroundings
    dispersion: Table
    heavy_gas: HeavyGas
    overrides: tuple[Override, ...]


def heaviness(source: Source, diluted: Diluted, wind_m_s: float) -> float:
    """Return Britter and McQuaid's number of a source; 0 where it is no heavier than air.

    Parameters
    ----------
    source : Source
    diluted : Diluted
        The source after its droplets have evaporated.
    wind_m_s : float
        At 10 m.

    References
    ----------
    .. [1] R. E. Britter and J. McQuaid, Workbook on the dispersion of dense gases (1988): (g0 Q0 / (u^3 D))^(1/3) with
       D = sqrt(Q0 / u) for steady releases, sqrt(g0 V0^(1/3)) / u for those at once.
    """
    gravity = max(diluted.reduced_gravity_m_s2, 0.0)
    if source.rate_kg_s is None:
        volume = source.mass_kg / diluted.concentration_kg_m3
        return math.sqrt(gravity * volume ** (1 / 3)) / wind_m_s
    flow = source.rate_kg_s / diluted.concentration_kg_m3
    size = math.sqrt(flow / wind_m_s)
    return float((gravity * flow / (wind_m_s**3 * size)) ** (1 / 3))


def is_heavy(source: Source, diluted: Diluted, wind_m_s: float, dispersion: Table) -> bool:
    """Return whether a source spreads under its own weight."""
    key = "heavy/instantaneous" if source.rate_kg_s is None else "heavy/continuous"
    return heaviness(source, diluted, wind_m_s) >= dispersion[key].number


def _heavy_gas(name: str) -> HeavyGas:
    try:
        return HeavyGas(name)
    except ValueError:
        known = ", ".join(HeavyGas)
        raise ParameterError(
            f"model of heavy clouds {name!r} is none of {known}", f"重气模型 {name!r} 应为 {known} 之一"
        ) from None


def _follow(source: Source, site: _Site) -> _Followed:
    diluted = dilute(source, site.substance, site.surroundings)
    heavy = is_heavy(source, diluted, site.weather.wind_m_s, site.dispersion)
    details = {
        "heaviness": heaviness(source, diluted, site.weather.wind_m_s),
        "air_ratio": diluted.air_ratio,
        "diluted_density_kg_m3": diluted.density_kg_m3,
        "source_rate_kg_s": source.rate_kg_s or math.nan,
        "source_mass_kg": source.mass_kg,
        "source_duration_s": source.duration_s,
    }
    if not heavy or site.heavy_gas is HeavyGas.NEVER:
        return _follow_passive(source, diluted, site, details)
    if site.heavy_gas is HeavyGas.BRITTER_MCQUAID:
        return _follow_box(source, diluted, site, details)
    return _follow_slab(source, diluted, site, details)


def _follow_slab(source: Source, diluted: Diluted, site: _Site, details: dict[str, float]) -> _Followed:
    try:
        part, warnings = slab_part(source, site.substance, site.weather, site.surroundings)
    except HazardError as error:
        box = _follow_box(source, diluted, site, details)
        instead = Text(
            f"{error.zh}：改用 Britter–McQuaid", f"{error.message}: Britter-McQuaid was used in its place"
        )
        return _Followed(box.model, box.part, (instead, *box.warnings), box.details)
    return _Followed("slab", part, warnings, details)


def _follow_box(source: Source, diluted: Diluted, site: _Site, details: dict[str, float]) -> _Followed:
    rows = table("britter_mcquaid", site.overrides)
    make = box_puff if source.rate_kg_s is None else box_plume
    part, alpha, warnings = make(source, diluted, site.weather.wind_m_s, site.surroundings, rows)
    return _Followed("britter_mcquaid", part, warnings, details | {"alpha": alpha})


def _follow_passive(source: Source, diluted: Diluted, site: _Site, details: dict[str, float]) -> _Followed:
    wind = wind_at(source.height_m, site.weather, site.surroundings, site.dispersion)
    details = details | {"wind_m_s": wind}
    warnings = (_NEAR_FIELD, _RISING) if diluted.reduced_gravity_m_s2 < -_LIGHT_M_S2 else (_NEAR_FIELD,)
    stability = site.weather.stability
    if source.rate_kg_s is None:
        puff = passive_puff(source, diluted, stability, wind, site.dispersion)
        return _Followed("gaussian_puff", puff, warnings, details)
    plume = passive_plume(
        source,
        diluted,
        stability,
        plume_spread(stability, site.surroundings.urban, site.surroundings.roughness_m, site.dispersion),
        wind,
        air_density_kg_m3(site.surroundings),
        site.dispersion,
    )
    return _Followed("gaussian_plume", plume, warnings, details)


def _times(sources: Sequence[Source], dispersion: Table) -> Times:
    """Return the averaging times: people breathe as long as the longest source lasts, at most the longest exposure."""
    longest, shortest = dispersion["exposure/longest"].number, dispersion["averaging/flammable"].number
    duration = max(source.duration_s for source in sources)
    return Times(
        exposure_averaging_s=min(max(duration, shortest), longest),
        flammable_averaging_s=shortest,
        longest_exposure_s=longest,
    )


def _parameters(site: _Site, followed: Sequence[_Followed]) -> tuple[Parameter, ...]:
    """Return the rows that the cloud rests on, each once."""
    stability, models = site.weather.stability, {one.model for one in followed}
    area = "urban" if site.surroundings.urban else "rural"
    prefixes = ["averaging", "exposure", "wind", "heavy"]
    if "gaussian_plume" in models:
        own = {"briggs": [f"briggs/{area}/{stability}"], "tno": [f"tno/{stability}", "tno_roughness"]}
        prefixes += ["plume", "jet", *own[site.dispersion["plume/parameters"].word]]
    if models & {"gaussian_plume", "gaussian_puff"}:
        prefixes += [f"ccps_puff/{stability}"]
    rows = [row for prefix in prefixes for row in site.dispersion.below(prefix).values()]
    rows.append(site.dispersion[f"wind_exponent/{area}/{stability}"])
    if "britter_mcquaid" in models:
        rows += table("britter_mcquaid", site.overrides).values()
    return tuple(rows)


def _details(sources: Sequence[Source], followed: Sequence[_Followed]) -> dict[str, float]:
    """Return the intermediate values of every source, named by its shape."""
    return {
        f"{source.shape}_{key}": value
        for source, one in zip(sources, followed, strict=True)
        for key, value in one.details.items()
        if math.isfinite(value)
    }
