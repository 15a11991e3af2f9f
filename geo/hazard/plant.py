"""A plant as the engine sees it: units, their equipment, what it holds and where it stands."""

from dataclasses import dataclass

from shapely import Polygon

__all__ = ["Equipment", "Plant", "Surroundings", "Unit"]


@dataclass(frozen=True, kw_only=True)
class Equipment:
    """One vessel, pipe, pump or store that can lose what it holds.

    Attributes
    ----------
    id : str
        Unique in the plant.
    name : str
    kind : str
        Key of the equipment table, for example ``pressure_vessel``, ``atmospheric_tank``, ``pipe``,
        ``explosives_store``.
    lon, lat : float
        Where it stands, EPSG:4490. [°]
    substance : str
        Key of the substance table.
    entry : str or None
        Number of the row of GB 18218-2018 table 1 where a substance has several (ammonium nitrate); None: the one
        that the substance table names.
    mass_kg : float
        Design maximum present, the largest that can be there (GB 18218-2018).
    section_mass_kg : float or None
        What can run out when the section is isolated; None: ``mass_kg``.
    temperature_k, pressure_pa : float
        State inside; the pressure is absolute.
    diameter_m : float or None
        Bore of a pipe or of the largest connection; None: unknown.
    length_m : float or None
        Of a pipe.
    liquid_height_m : float or None
        Of the liquid above the hole; None: unknown, no head is counted and the result says so.
    release_height_m : float
        Of the hole above ground.
    dike_area_m2 : float or None
        Free ground inside the dike; None: no dike.
    ground : str
        Key of the ground table (spreading depth, heat conduction), for example ``concrete``.
    detection, isolation : str
        Ratings A, B or C.
    congested_volume_m3 : float or None
        Congested or confined volume that a vapour cloud around it can fill; None: none stated.
    blast_strength : int or None
        Multi-energy strength 1 to 10 of that volume; None: the table's default.
    """

    id: str
    name: str
    kind: str
    lon: float
    lat: float
    substance: str
    entry: str | None = None
    mass_kg: float
    section_mass_kg: float | None = None
    temperature_k: float
    pressure_pa: float
    diameter_m: float | None = None
    length_m: float | None = None
    liquid_height_m: float | None = None
    release_height_m: float = 0.0
    dike_area_m2: float | None = None
    ground: str = "concrete"
    detection: str = "C"
    isolation: str = "C"
    congested_volume_m3: float | None = None
    blast_strength: int | None = None


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A production or storage unit after GB 18218-2018: judged on its own.

    Attributes
    ----------
    kind : str
        ``production`` or ``storage``.
    boundary : Polygon or None
        EPSG:4490. [°]
    equipment : tuple of Equipment
    """

    id: str
    name: str
    kind: str
    boundary: Polygon | None
    equipment: tuple[Equipment, ...]


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Air and ground around a plant, as far as they do not change with the weather.

    Attributes
    ----------
    elevation_m : float
        Above sea level.
    pressure_pa : float
        Of the air; from the elevation (US standard atmosphere 1976) unless measured.
    temperature_k : float
        Of the air, yearly mean.
    humidity : float
        Relative, 0 to 1.
    roughness_m : float
        Aerodynamic roughness length of the ground.
    urban : bool
        Urban dispersion parameters.
    complex_terrain : bool
        Gorge, slope or valley: the flat-ground models then carry a warning.
    ignition_sources : tuple of (str, float)
        Key of the ignition table and how many (or for how many 100 m, for lines) stand within the cloud's way.
    """

    elevation_m: float
    pressure_pa: float
    temperature_k: float
    humidity: float
    roughness_m: float
    urban: bool
    complex_terrain: bool
    ignition_sources: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Plant:
    """Everything about a plant that the risk depends on.

    Attributes
    ----------
    boundary : Polygon
        Of the plant, EPSG:4490. [°]
    state : str
        Project state; decides which criterion of GB 36894-2018 applies.
    excluded_as : str or None
        Key of the scope table if GB/T 37243-2019 does not apply (``filling_station``, ``port``, ...).
    accuracy_m : float or None
        95 % radius of the boundary and of all positions of equipment; None: unknown, then nothing measured from
        them is decided.
    people_within_500m : int or None
        Permanent residents within 500 m outside the boundary; None: not stated, to be counted from layers.
    """

    id: str
    name: str
    boundary: Polygon
    state: str
    surroundings: Surroundings
    units: tuple[Unit, ...]
    excluded_as: str | None = None
    accuracy_m: float | None = None
    people_within_500m: int | None = None
