"""Whole assessments: zones, targets and verdicts on hand-made kernels, and one plant from end to end."""

import os
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely

from geo.ellipsoid import CGCS2000
from geo.errors import HazardError
from geo.hazard import kernel_store
from geo.hazard.assessment import Options, accumulate, assess, make_placements
from geo.hazard.contours import LEVELS_PER_YEAR
from geo.hazard.distance import DIRECTIONS_DEG, Circle, Target, find_zones
from geo.hazard.findings import CONSEQUENCE_RULE, RISK_RULE, judge_targets
from geo.hazard.kernel import make_polar_grid
from geo.hazard.kernel_store import KernelStore
from geo.hazard.plant import Equipment, Plant, Surroundings, Unit
from geo.hazard.risk_field import make_field, site_plane
from geo.hazard.routing import Method
from geo.hazard.societal import Population
from geo.hazard.stamp import Placement, sample
from geo.hazard.tables import table
from geo.hazard.whatif import WhatIf
from geo.rules.finding import Conclusion, Verdict, conclude
from layers.plants.document import plant_of, read_plant
from tests.geo.hazard.risk_scenes import even_rose, make_kernel, make_rose

PLANTS = Path(__file__).parents[3] / "data" / "samples" / "plants"
LON, LAT = 102.7, 25.0
HALF_DEG = 0.002


def make_plant(state: str = "new", accuracy_m: float | None = 1.0) -> Plant:
    """Return a square plant of about 400 m with one tank in its middle."""
    tank = Equipment(
        id="tank",
        name="tank",
        kind="pressure_vessel",
        lon=LON,
        lat=LAT,
        substance="ammonia",
        mass_kg=5e4,
        temperature_k=288.0,
        pressure_pa=7.3e5,
        diameter_m=0.1,
    )
    return Plant(
        id="plant",
        name="plant",
        boundary=shapely.box(LON - HALF_DEG, LAT - HALF_DEG, LON + HALF_DEG, LAT + HALF_DEG),
        state=state,
        surroundings=Surroundings(
            elevation_m=1900.0,
            pressure_pa=80_500.0,
            temperature_k=288.0,
            humidity=0.7,
            roughness_m=0.1,
            urban=False,
            complex_terrain=False,
        ),
        units=(Unit(id="unit", name="unit", kind="storage", boundary=None, equipment=(tank,)),),
        accuracy_m=accuracy_m,
        people_within_500m=0,
    )


def make_target(
    metres: float, azimuth_deg: float = 90.0, target_class: str | None = "high_sensitivity", **fields
) -> Target:
    lon, lat, _ = CGCS2000.fwd(LON, LAT, azimuth_deg, metres)
    return Target(
        **{
            "id": "school",
            "layer": "protection_targets",
            "name": "school",
            "target_class": target_class,
            "geometry": shapely.Point(lon, lat),
            "accuracy_m": 1.0,
            **fields,
        }
    )


CRITERIA = table("individual_risk_criteria")
ROUND = (Placement("tank", make_kernel(rose=even_rose()), 0.0, 0.0),)
FIELD = make_field(ROUND, [*LEVELS_PER_YEAR, *(row.number for row in CRITERIA.values())])
RADIUS_M = {level: float(np.sqrt(area.area / np.pi)) for level, area in FIELD.areas.items()}


def zones_of(plant: Plant, columns=("new",)):
    return find_zones(plant, site_plane(plant), columns, CRITERIA, FIELD.areas, FIELD.risk_at)


def judge(plant: Plant, *targets: Target, **options):
    return judge_targets(
        plant, site_plane(plant), zones_of(plant), targets, FIELD.risk_at, FIELD.risk_at, [], **options
    )


def test_zones_of_a_round_contour_are_measured_from_the_boundaries():
    first, second, third = zones_of(make_plant())
    assert first.target_classes == ("high_sensitivity", "important", "general_1")
    assert [zone.criterion.number for zone in (first, second, third)] == [3e-7, 3e-6, 1e-5]
    radius_m = RADIUS_M[3e-7]
    assert first.by_unit_m == {"unit": pytest.approx(radius_m, rel=2e-3)}  # from the tank: no boundary
    north = next(one for one in first.directions if one.azimuth_deg == 0.0)
    half_m = CGCS2000.inv(LON, LAT, LON, LAT + HALF_DEG)[2]
    assert north.distance_m == pytest.approx(radius_m - half_m, rel=2e-3)
    assert first.greatest_m == pytest.approx(max(one.distance_m for one in first.directions), rel=2e-3)
    assert {one.method for one in first.directions} == {Method.RISK}
    assert len(first.directions) == len(DIRECTIONS_DEG)
    end = first.directions[18].end
    assert CGCS2000.inv(LON, LAT, *end)[2] == pytest.approx(radius_m, rel=2e-3)
    assert first.area.is_valid


def test_distances_to_lower_levels_are_never_shorter():
    zones = zones_of(make_plant())
    for stricter, laxer in pairwise(zones):
        for one, other in zip(stricter.directions, laxer.directions, strict=True):
            assert one.distance_m >= other.distance_m
        assert stricter.greatest_m >= laxer.greatest_m


def test_contour_inside_the_plant_reaches_nowhere():
    plant = replace(make_plant(), boundary=shapely.box(LON - 0.1, LAT - 0.1, LON + 0.1, LAT + 0.1))
    assert {zone.greatest_m for zone in zones_of(plant)} == {0.0}


def test_missing_contour_is_an_error():
    plant = make_plant()
    with pytest.raises(HazardError, match="no contour at 3e-07"):
        find_zones(plant, site_plane(plant), ("new",), CRITERIA, {}, FIELD.risk_at)


def test_target_inside_is_prohibited_with_the_metres_missing():
    radius_m = RADIUS_M[3e-7]
    (finding,) = judge(make_plant(), make_target(radius_m - 100.0))
    assert finding.rule == RISK_RULE
    assert (finding.verdict, finding.decided) == (Verdict.PROHIBITED, True)
    assert finding.found > finding.limit == 3e-7
    assert finding.margin_m == pytest.approx(-100.0, abs=3.0)
    half_m = CGCS2000.inv(LON, LAT, LON + HALF_DEG, LAT)[2]
    assert finding.distance_m == pytest.approx(radius_m - 100.0 - half_m, abs=0.1)
    assert finding.limit_m == pytest.approx(finding.distance_m - finding.margin_m)
    assert finding.doubt_m == 2.0
    assert finding.target.id == "school"
    assert finding.to_dict()["verdict"] == "prohibited"


def test_target_outside_is_no_ban_with_the_metres_to_spare():
    (finding,) = judge(make_plant(), make_target(RADIUS_M[3e-7] + 50.0))
    assert (finding.verdict, finding.decided) == (Verdict.NO_BAN, True)
    assert finding.margin_m == pytest.approx(50.0, abs=3.0)


def test_classes_and_states_have_their_own_criterion():
    place_m = RADIUS_M[3e-6] + 20.0
    verdicts = {
        name: judge(make_plant(), make_target(place_m, target_class=name))[0].verdict
        for name in ("important", "general_1", "general_2", "general_3")
    }
    assert verdicts == {
        "important": Verdict.PROHIBITED,
        "general_1": Verdict.PROHIBITED,
        "general_2": Verdict.NO_BAN,
        "general_3": Verdict.NO_BAN,
    }
    plant = make_plant("in_service")
    (finding,) = judge_targets(
        plant,
        site_plane(plant),
        zones_of(plant, ("in_service",)),
        [make_target(place_m)],
        FIELD.risk_at,
        FIELD.risk_at,
        [],
    )
    assert (finding.limit, finding.verdict) == (3e-6, Verdict.NO_BAN)


@pytest.mark.parametrize(
    ("plant_m", "target_m", "decided", "needs"),
    [
        (1.0, 1.0, True, ()),
        (1.0, 400.0, False, ("protection_targets/school.accuracy_m", "subject.accuracy_m")),
        (1.0, None, False, ("protection_targets/school.accuracy_m",)),
        (None, 1.0, False, ("subject.accuracy_m",)),
    ],
)
def test_doubt_decides_whether_a_verdict_is_decided(plant_m, target_m, decided, needs):
    target = make_target(RADIUS_M[3e-7] + 50.0, accuracy_m=target_m)
    (finding,) = judge(make_plant(accuracy_m=plant_m), target)
    assert (finding.decided, finding.needs) == (decided, needs)
    assert conclude([finding]) is (Conclusion.PASS if decided else Conclusion.UNDECIDABLE)


def test_large_target_is_judged_at_its_worst_point():
    far = make_target(RADIUS_M[3e-7] + 300.0)
    place = far.geometry
    wide = replace(
        far, geometry=shapely.box(place.x - 0.0045, place.y - 0.001, place.x + 0.001, place.y + 0.001)
    )
    assert judge(make_plant(), far)[0].verdict is Verdict.NO_BAN
    assert judge(make_plant(), wide)[0].verdict is Verdict.PROHIBITED


def test_target_around_the_source_is_judged_inside():
    (finding,) = judge(make_plant(), make_target(0.0, geometry=shapely.Point(LON, LAT).buffer(0.05)))
    assert finding.verdict is Verdict.PROHIBITED
    assert finding.distance_m == 0.0


def test_nothing_to_judge_is_no_pass():
    (nothing,) = judge(make_plant())
    assert (nothing.verdict, nothing.needs) == (Verdict.INSUFFICIENT_DATA, ("layer protection_targets",))
    (unknown,) = judge(make_plant(), make_target(5000.0, target_class=None))
    assert unknown.needs == ("protection_targets/school.target_class",)
    assert conclude([nothing]) is conclude([unknown]) is Conclusion.UNDECIDABLE
    with pytest.raises(HazardError, match="class 'general_4'"):
        judge(make_plant(), make_target(10.0, target_class="general_4"))


def test_unconfirmed_numbers_make_findings_advisory_unless_asked():
    rows = [CRITERIA["general_1/new"]]
    plant, target = make_plant(), make_target(10.0)
    arguments = (plant, site_plane(plant), zones_of(plant), [target], FIELD.risk_at, FIELD.risk_at, rows)
    (advisory,), (counted,) = judge_targets(*arguments), judge_targets(*arguments, count_unconfirmed=True)
    assert (advisory.advisory, counted.advisory, advisory.standing) == (True, False, "recalled")
    assert conclude([advisory]) is Conclusion.PASS
    assert conclude([counted]) is Conclusion.FAIL


# --- from end to end; a coarse polar grid is enough for what must hold

OPTIONS = Options(grid=make_polar_grid(5.0, 8000.0, 121, 160))
STORE = KernelStore()
ROSE = make_rose()


def make_population() -> Population:
    lon, lat = (
        axis.ravel()
        for axis in np.meshgrid(LON + np.linspace(-0.02, 0.02, 9), LAT + np.linspace(-0.02, 0.02, 9))
    )
    ones = np.ones(len(lon))
    return Population(
        lon=lon,
        lat=lat,
        people_day=30 * ones,
        people_night=40 * ones,
        indoors_day=0.93 * ones,
        indoors_night=0.99 * ones,
        source="test",
    )


def run(plant: Plant | None = None, **options):
    targets = [make_target(600.0), make_target(900.0, 200.0, "general_2", id="hamlet")]
    return assess(
        plant or make_plant(), ROSE, make_population(), targets, replace(OPTIONS, **options), store=STORE
    )


def test_plant_from_end_to_end():
    told = []
    found = assess(
        make_plant(),
        ROSE,
        make_population(),
        [make_target(600.0)],
        OPTIONS,
        lambda done, what: told.append(done),
        STORE,
    )
    assert found.routing.methods == (Method.RISK,)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert set(LEVELS_PER_YEAR) <= set(found.contours)
    assert all(area.is_valid for area in found.contours.values())
    assert found.zones[0].column == "new"
    assert {zone.column for zone in found.zones} == {"new", "in_service"}
    assert len(found.findings) == 1
    assert found.findings[0].advisory
    curve = found.societal.curve
    area = np.sum(np.diff(curve.deaths, prepend=0.0) * curve.frequency_per_year)
    assert area == pytest.approx(curve.pll_per_year, rel=1e-12)
    assert found.societal.people_inside == 30.0
    assert found.awaiting
    assert {row.table for row in found.awaiting} >= {"leak_frequencies", "individual_risk_criteria"}
    ranked = found.rank(LON + 0.005, LAT)
    total = float(found.field.risk_at(found.plane.to_plane(np.array([[LON + 0.005, LAT]])))[0])
    assert sum(one.risk_per_year for one in ranked) == pytest.approx(total, rel=1e-12)


def test_people_who_are_not_known_are_told_and_not_taken_for_nobody():
    whole = run()
    gaps = replace(make_population(), unknown_share=0.25)
    least = assess(make_plant(), ROSE, gaps, [], OPTIONS, store=STORE)
    none = assess(make_plant(), ROSE, None, [], OPTIONS, store=STORE)
    assert not [text for text in whole.warnings if "people" in text.en or "population" in text.en.lower()]
    assert any("25.0%" in text.en and "at least" in text.en for text in least.warnings)
    assert least.societal.curve.pll_per_year == whole.societal.curve.pll_per_year
    assert none.societal is None
    assert any("societal risk is not computed" in text.en for text in none.warnings)


def test_same_input_same_bytes_whatever_was_computed_before():
    warm, cold = (
        run(),
        assess(
            make_plant(),
            ROSE,
            make_population(),
            [make_target(600.0), make_target(900.0, 200.0, "general_2", id="hamlet")],
            OPTIONS,
        ),
    )
    assert warm.digest == cold.digest
    assert warm.field.risk_per_year.tobytes() == cold.field.risk_per_year.tobytes()
    assert all(warm.contours[level].equals_exact(cold.contours[level], 0.0) for level in warm.contours)
    assert [one.to_dict() for one in warm.findings] == [one.to_dict() for one in cold.findings]


TOLD = """
import hashlib
from tests.geo.hazard.test_assessment import make_plant, run, two_tanks
found = run(two_tanks(make_plant()))
told = [found.digest, [area.wkb_hex for area in found.contours.values()], [one.to_dict() for one in found.findings]]
print(hashlib.sha256(repr(told).encode() + found.field.risk_per_year.tobytes()).hexdigest())
"""


def test_same_bytes_in_fresh_processes():
    """Another hash seed, time zone, language and number of threads in each."""
    surroundings = (
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Shanghai", "LC_ALL": "zh_CN.UTF-8", "OMP_NUM_THREADS": "1"},
        {"PYTHONHASHSEED": "2", "TZ": "America/New_York", "LC_ALL": "C.UTF-8"},
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", TOLD],
            env={**os.environ, **environment},
            cwd=Path(__file__).parents[3],
            stdout=subprocess.PIPE,
        )
        for environment in surroundings
    ]
    one, other = (process.communicate()[0] for process in processes)
    assert [process.returncode for process in processes] == [0, 0]
    assert one == other


def two_tanks(plant: Plant) -> Plant:
    (unit,) = plant.units
    other = replace(unit.equipment[0], id="annex", lon=LON + 0.001, mass_kg=2e4)
    return replace(plant, units=(replace(unit, equipment=(*unit.equipment, other)),))


def test_order_of_equipment_does_not_show():
    plant = two_tanks(make_plant())
    (unit,) = plant.units
    turned = replace(plant, units=(replace(unit, equipment=unit.equipment[::-1]),))
    assert run(plant).field.risk_per_year.tobytes() == run(turned).field.risk_per_year.tobytes()


def test_processes_do_not_show(monkeypatch):
    monkeypatch.setattr(kernel_store, "_WORTH_A_PROCESS", 1)
    plant = two_tanks(make_plant())
    apart = make_placements(plant, ROSE, replace(OPTIONS, workers=2), store=KernelStore())
    for one, other in zip(apart, run(plant).placements, strict=True):
        assert one.kernel.risk_per_year.tobytes() == other.kernel.risk_per_year.tobytes()


def test_two_tanks_give_the_sum_of_each():
    plant, alone = two_tanks(make_plant()), make_plant()
    (unit,) = plant.units
    annex = replace(plant, units=(replace(unit, equipment=unit.equipment[1:]),))
    points = np.random.default_rng(0).uniform(-1500, 1500, size=(20, 2))
    both, one, other = (sample(run(each).placements, points) for each in (plant, alone, annex))
    assert both == pytest.approx(one + other, rel=1e-12)


def test_names_and_places_do_not_make_new_kernels():
    store = KernelStore()
    plant = two_tanks(make_plant())
    (unit,) = plant.units
    first, second = unit.equipment
    twin = replace(first, id="twin", name="other", lon=LON - 0.001)
    make_placements(
        replace(plant, units=(replace(unit, equipment=(first, twin)),)), ROSE, OPTIONS, store=store
    )
    assert len(store) == 1
    make_placements(replace(plant, units=(replace(unit, equipment=(second,)),)), ROSE, OPTIONS, store=store)
    assert len(store) == 2


def test_plants_accumulate():
    here = run()
    there = replace(here, plant=replace(here.plant, id="neighbour"))
    _, field = accumulate([here, there], [1e-6])
    points = np.random.default_rng(0).uniform(-1500, 1500, size=(20, 2))
    assert field.risk_at(points) == pytest.approx(2 * here.field.risk_at(points), rel=1e-9)
    with pytest.raises(HazardError, match="no plants"):
        accumulate([])


def test_cancelling_stops_the_work():
    class CancelledError(Exception):
        pass

    def stop(done: float, what: str) -> None:
        raise CancelledError(what)

    with pytest.raises(CancelledError, match="unit/tank"):
        assess(make_plant(), ROSE, options=OPTIONS, progress=stop)


def test_errors_name_the_equipment():
    plant = make_plant()
    (unit,) = plant.units
    pipe = replace(unit.equipment[0], kind="pipe", length_m=None)
    with pytest.raises(HazardError, match=r"^unit/tank: "):
        assess(
            replace(plant, units=(replace(unit, equipment=(*unit.equipment, pipe)),)), ROSE, options=OPTIONS
        )


def test_state_without_criterion_is_refused():
    with pytest.raises(HazardError, match="state 'closed'"):
        assess(make_plant("closed"), ROSE)


def test_explosives_are_measured_by_consequence():
    plant = plant_of(read_plant(PLANTS / "explosives.toml"))
    middle = plant.boundary.centroid
    lon, lat, _ = CGCS2000.fwd(middle.x, middle.y, 45.0, 300.0)
    found = assess(plant, ROSE, None, [make_target(0.0, geometry=shapely.Point(lon, lat))])
    assert found.routing.methods == (Method.CONSEQUENCE,)
    assert found.field is None
    assert found.societal is None
    assert [finding.rule for finding in found.findings] == [CONSEQUENCE_RULE]
    assert found.findings[0].verdict is Verdict.PROHIBITED
    first = found.zones[0]
    assert {one.method for one in first.directions} == {Method.CONSEQUENCE}
    (radius_m,) = {circle.radius_m for name, circle in found.circles if name == "high_sensitivity"}
    assert first.by_unit_m["store"] >= radius_m * 0.999


def test_excluded_plants_get_no_distance_but_a_reason():
    found = assess(replace(make_plant(), excluded_as="port"), ROSE, None, [make_target(100.0)])
    assert found.zones == ()
    assert found.findings == ()
    assert any("JTS 165" in text.en for text in found.warnings)


def test_preview_equals_the_assessment_and_a_fresh_start():
    plant = two_tanks(make_plant())
    (unit,) = plant.units
    targets = [make_target(600.0), make_target(900.0, target_class=None, id="other")]
    live = WhatIf(plant, ROSE, targets, OPTIONS, store=STORE)
    moved = plant
    for step in range(1, 4):
        tank = replace(unit.equipment[0], lon=LON + 2e-4 * step)
        moved = replace(plant, units=(replace(unit, equipment=(tank, unit.equipment[1])),))
        preview = live.preview(moved)
    fresh = WhatIf(plant, ROSE, targets, OPTIONS, store=STORE).preview(moved)
    assert preview.target_risks_per_year.tobytes() == fresh.target_risks_per_year.tobytes()
    assert all(preview.contours[level].equals_exact(area, 0.0) for level, area in fresh.contours.items())
    exact = assess(moved, ROSE, None, targets[:1], OPTIONS, store=STORE)
    assert preview.target_risks_per_year[0] == pytest.approx(exact.findings[0].found, rel=1e-9)
    assert preview.exceeded == (exact.findings[0].verdict is Verdict.PROHIBITED, None)
    assert preview.contours[3e-7].area == pytest.approx(exact.contours[3e-7].area, rel=0.02)
    assert not preview.cut_off


def circles_of(radius_m: float):
    limits = table("overpressure_limits")
    return [(name, Circle("unit", 0.0, 0.0, radius_m, 1e4, limit)) for name, limit in limits.items()]


@pytest.mark.parametrize(("factor", "method"), [(1.3, Method.CONSEQUENCE), (0.7, Method.RISK)])
def test_the_larger_of_both_methods_holds_in_every_direction(factor, method):
    plant = make_plant()
    radius_m = factor * RADIUS_M[3e-7]
    zone = find_zones(
        plant,
        site_plane(plant),
        ("new",),
        CRITERIA,
        FIELD.areas,
        FIELD.risk_at,
        circles_of(radius_m),
    )[0]
    assert {one.method for one in zone.directions} == {method}
    assert zone.by_unit_m["unit"] == pytest.approx(max(radius_m, RADIUS_M[3e-7]), rel=2e-3)
    assert zone.area.contains(zone.risk_area.intersection(zone.pressure_area).buffer(-1e-9))
    both = judge_targets(
        plant, site_plane(plant), [zone], [make_target(5000.0)], FIELD.risk_at, lambda p: np.zeros(len(p)), []
    )
    assert [finding.rule for finding in both] == [RISK_RULE, CONSEQUENCE_RULE]


def test_a_slim_store_keeps_the_risk_and_little_else():
    full = KernelStore()
    (one,) = make_placements(make_plant(), ROSE, OPTIONS, store=full)
    (other,) = make_placements(make_plant(), ROSE, OPTIONS, store=full.thin())
    assert other.kernel.shares == other.kernel.cases == ()
    assert other.kernel.risk_per_year.tobytes() == one.kernel.risk_per_year.tobytes()
    assert other.kernel.size_bytes < one.kernel.size_bytes / 3


def test_a_full_store_drops_the_least_recently_used():
    store = KernelStore(memory_bytes=1)
    plant = two_tanks(make_plant())
    make_placements(plant, ROSE, OPTIONS, store=store)
    assert len(store) == 1
