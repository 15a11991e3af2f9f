"""Substances: known properties, the traps of the libraries, what is missing, what a user adds."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import OutOfRangeError, ParameterError, SubstanceError
from geo.hazard.fluids import ConstantFluid, CorrelationFluid, MixtureFluid
from geo.hazard.substances import find_substance, substances
from geo.hazard.tables import Override, cas_is_valid, read_table, table
from geo.standing import Standing

ATMOSPHERE_PA = 101_325.0


# Printed values of NIST and the DIPPR tables as CoolProp's authors quote them; to the digits given.
@pytest.mark.parametrize(
    ("key", "boiling_k", "density_kg_m3", "latent_kj_kg", "heat_ratio"),
    [
        ("ammonia", 239.83, 681.6, 1369.7, 1.317),
        ("chlorine", 239.20, 1563.6, 287.0, 1.340),
        ("propane", 231.04, 580.9, 425.6, 1.136),
        ("methane", 111.67, 422.4, 510.8, 1.306),
        ("ethylene_oxide", 283.66, 883.4, 578.1, 1.236),
        ("hydrogen_sulfide", 212.86, 949.2, 546.4, 1.331),
    ],
)
def test_known_fluids(key, boiling_k, density_kg_m3, latent_kj_kg, heat_ratio):
    fluid = substances()[key].fluid
    at_k = fluid.boiling_point_k(ATMOSPHERE_PA)
    assert at_k == pytest.approx(boiling_k, abs=0.02)
    assert fluid.liquid_density_kg_m3(at_k) == pytest.approx(density_kg_m3, rel=2e-4)
    assert fluid.latent_heat_j_kg(at_k) == pytest.approx(latent_kj_kg * 1000, rel=2e-4)
    assert fluid.heat_ratio(298.15, ATMOSPHERE_PA) == pytest.approx(heat_ratio, abs=1.1e-3)


@pytest.mark.parametrize(
    ("key", "heat_mj_kg", "lfl", "ufl"),
    [
        ("ammonia", 18.62, 0.15, 0.336),
        ("propane", 46.34, 0.017, 0.109),
        ("methane", 50.03, 0.044, 0.17),
        ("methanol", 19.93, 0.06, 0.36),
        ("benzene", 40.14, 0.012, 0.086),
    ],
)
def test_known_fuels(key, heat_mj_kg, lfl, ufl):
    substance = substances()[key]
    assert substance.heat_of_combustion_j_kg == pytest.approx(heat_mj_kg * 1e6)
    assert (substance.lfl, substance.ufl) == (lfl, ufl)


def test_phosgene_by_correlations():
    # CRC Handbook: boils at 8 °C (281 K); critical temperature 182 °C.
    fluid = substances()["phosgene"].fluid
    assert isinstance(fluid, CorrelationFluid)
    assert fluid.boiling_point_k(ATMOSPHERE_PA) == pytest.approx(281, abs=0.7)
    assert fluid.critical_temperature_k == pytest.approx(455, abs=1)
    assert fluid.gas_density_kg_m3(298.15, ATMOSPHERE_PA) == pytest.approx(
        ATMOSPHERE_PA * 0.0989161 / (8.314462618 * 298.15), rel=0.03
    )
    assert 1.1 < fluid.heat_ratio(298.15, ATMOSPHERE_PA) < 1.2


def test_gas_of_a_liquid_is_its_vapour():
    # At 25 °C and 1 atm benzene is liquid: the library's own answer there is the liquid's 1.34.
    assert substances()["benzene"].fluid.heat_ratio(298.15, ATMOSPHERE_PA) == pytest.approx(1.117, abs=2e-3)


@pytest.mark.parametrize("key", ["ammonia", "phosgene", "gasoline"])
def test_no_liquid_above_the_critical_temperature(key):
    fluid = substances()[key].fluid
    with pytest.raises(OutOfRangeError, match="critical temperature"):
        fluid.liquid_density_kg_m3(fluid.critical_temperature_k + 1)
    with pytest.raises(OutOfRangeError, match="critical temperature"):
        fluid.vapour_pressure_pa(-5)


@pytest.mark.parametrize("key", ["ammonia", "phosgene", "lpg", "gasoline"])
def test_boiling_point_and_vapour_pressure_are_inverse(key):
    fluid = substances()[key].fluid
    for pressure_pa in (60_000.0, ATMOSPHERE_PA, 500_000.0):
        at_k = fluid.boiling_point_k(pressure_pa)
        assert fluid.vapour_pressure_pa(at_k) == pytest.approx(pressure_pa, rel=1e-4)


def test_nothing_boils_beyond_the_critical_pressure():
    for key in ("ammonia", "phosgene"):
        fluid = substances()[key].fluid
        with pytest.raises(OutOfRangeError):
            fluid.boiling_point_k(fluid.critical_pressure_pa * 1.01)


def test_gasoline_has_the_vapour_pressure_its_row_promises():
    fluid = substances()["gasoline"].fluid
    assert isinstance(fluid, ConstantFluid)
    assert fluid.vapour_pressure_pa(37.8 + 273.15) == pytest.approx(60_000, rel=0.02)


def test_lpg_lies_between_its_components():
    known = substances()
    lpg, propane, butane = (known[key].fluid for key in ("lpg", "propane", "butane"))
    assert isinstance(lpg, MixtureFluid)
    # By hand: x = (0.5/44.096) / (0.5/44.096 + 0.5/58.122) = 0.5686; p = 0.5686 * 952.1 + 0.4314 * 243.3 = 646.3 kPa
    assert lpg.mole_fractions()[0] == pytest.approx(0.5686, abs=1e-4)
    assert lpg.vapour_pressure_pa(298.15) == pytest.approx(646_300, rel=1e-3)
    for fluid_property in ("liquid_density_kg_m3", "latent_heat_j_kg", "liquid_heat_capacity_j_kg_k"):
        ends = sorted(getattr(fluid, fluid_property)(298.15) for fluid in (propane, butane))
        assert ends[0] < getattr(lpg, fluid_property)(298.15) < ends[1]
    assert 1.1 < lpg.heat_ratio(298.15, ATMOSPHERE_PA) < 1.14


def test_a_mixture_of_one_fluid_is_that_fluid():
    propane = substances()["propane"].fluid
    twice = MixtureFluid("twice", ((propane, 0.25), (propane, 0.75)))
    for name in ("vapour_pressure_pa", "liquid_density_kg_m3", "latent_heat_j_kg"):
        assert getattr(twice, name)(300.0) == pytest.approx(getattr(propane, name)(300.0))
    for name in ("heat_ratio", "gas_density_kg_m3"):
        # Each part at its partial pressure, so that the gas is a little nearer to ideal.
        assert getattr(twice, name)(300.0, 1e5) == pytest.approx(getattr(propane, name)(300.0, 1e5), rel=0.02)
    assert twice.boiling_point_k(1e5) == pytest.approx(propane.boiling_point_k(1e5))


def test_flammability_of_lpg_after_le_chatelier():
    # By hand: 1 / (0.5686/0.017 + 0.4314/0.014) = 0.01556
    assert substances()["lpg"].lfl == pytest.approx(0.01556, abs=1e-5)
    assert substances()["lpg"].heat_of_combustion_j_kg == pytest.approx((46.34 + 45.72) / 2 * 1e6)


def test_limit_as_mass():
    # By hand: 0.15 of ammonia at 25 °C and 1 atm: 0.15 * 101325 * 0.0170305 / (8.31446 * 298.15) = 0.10442 kg/m3
    ammonia = substances()["ammonia"]
    assert ammonia.limit_kg_m3(0.15, 298.15, ATMOSPHERE_PA) == pytest.approx(0.10442, rel=1e-4)


@given(st.floats(200.0, 360.0))
def test_vapour_pressure_and_density_change_the_right_way(at_k):
    for key in ("propane", "butane", "lpg"):
        fluid = substances()[key].fluid
        assert fluid.vapour_pressure_pa(at_k + 1) > fluid.vapour_pressure_pa(at_k)
        assert fluid.liquid_density_kg_m3(at_k + 1) < fluid.liquid_density_kg_m3(at_k)


@pytest.mark.parametrize(
    ("word", "key"),
    [
        ("ammonia", "ammonia"),
        (" Ammonia ", "ammonia"),
        ("氨", "ammonia"),
        ("液氨", "ammonia"),
        ("7664-41-7", "ammonia"),
        ("LPG", "lpg"),
        ("液化石油气", "lpg"),
        ("68476-85-7", "lpg"),
        ("584-84-9", "toluene_diisocyanate"),
        ("7723-14-0", "white_phosphorus"),
        ("TNT", "tnt"),
        ("gasoline", "gasoline"),
    ],
)
def test_names_and_numbers_lead_to_the_substance(word, key):
    assert find_substance(word).key == key


@pytest.mark.parametrize("word", ["unobtainium", "56-41-7", "", "7664-41-8"])
def test_an_unknown_word_is_refused(word):
    with pytest.raises(SubstanceError, match="no substance answers"):
        find_substance(word)


def test_a_missing_property_is_named_with_the_file():
    with pytest.raises(SubstanceError, match=r"chlorine/lfl.*substances\.csv"):
        _ = substances()["chlorine"].lfl


@pytest.mark.parametrize("key", ["hydrogen_fluoride", "nitrogen_dioxide"])
def test_associating_vapours_are_refused_with_the_reason(key):
    with pytest.raises(SubstanceError, match="associates"):
        _ = substances()[key].fluid


def test_solids_are_no_fluids():
    with pytest.raises(SubstanceError, match="no fluid properties"):
        _ = substances()["tnt"].fluid


def test_every_shipped_substance_is_complete():
    for key, substance in substances().items():
        assert substance.key == key
        assert substance.name.zh
        assert substance.name.en
        assert substance.cas is None or cas_is_valid(substance.cas)
        assert bool(substance.entries) != bool(substance.category), key
        assert all(entry in table("critical_quantities") for entry in substance.entries)
        assert substance.state in {"gas", "liquid", "solid"}
        assert set(substance.hazards) <= {"flammable", "toxic", "explosive", "oxidising"}
        if substance.flammable and not substance.row("fluid").word.startswith("refused"):
            assert 0 < substance.lfl < substance.ufl <= 1
            assert substance.heat_of_combustion_j_kg > 5e6
            assert substance.ignition_class in {"gas", "K1", "K2", "K3", "K4"}
            assert substance.reactivity in {"low", "average", "high"}
            assert substance.flame_speed in {"low", "medium", "high"}
        if "heat_of_explosion" in substance.rows:
            assert substance.explosive
            assert substance.number("heat_of_explosion", "J/kg") > 1e6


def test_every_entry_of_table_1_can_be_entered():
    entries = {entry for substance in substances().values() for entry in substance.entries}
    assert entries == set(table("critical_quantities"))
    for substance in substances().values():
        if len(substance.entries) == 1 and substance.cas:
            printed = table("critical_quantities")[substance.entries[0]].attribute("cas").split(";")
            # Isobutane is an LPG and carbon monoxide a manufactured gas, without a number of their own there.
            assert substance.cas in printed or substance.key in {"isobutane", "carbon_monoxide"}


def test_aliases_lead_to_substances():
    for alias, row in table("substance_aliases").items():
        assert alias == alias.casefold()
        assert row.word in substances()


def test_the_state_agrees_with_the_boiling_point():
    for substance in substances().values():
        if substance.coolprop:
            boils_below_20 = substance.fluid.boiling_point_k(ATMOSPHERE_PA) < 293.15
            assert substance.state == ("gas" if boils_below_20 else "liquid"), substance.key


def test_substances_travel_between_processes_and_are_keys():
    lpg = substances()["lpg"]
    assert pickle.loads(pickle.dumps(lpg)) == lpg
    assert {lpg: 1}[pickle.loads(pickle.dumps(lpg))] == 1


def test_a_mixture_carries_the_rows_of_its_components():
    names = {row.name for row in substances()["lpg"].parameters}
    assert {"substances:lpg/component/propane", "substances:propane/lfl"} <= names


def test_a_blend_is_stated_by_overriding_both_shares():
    def share(component, value):
        return Override(
            table="substances",
            key=f"lpg/component/{component}",
            value=value,
            author="Wang",
            reason="analysis of the supplier",
        )

    rich = substances([share("propane", 0.9), share("butane", 0.1)])["lpg"]
    assert rich.fluid.vapour_pressure_pa(298.15) > substances()["lpg"].fluid.vapour_pressure_pa(298.15)
    assert rich.row("component/propane").standing is Standing.SITE_SPECIFIC
    with pytest.raises(ParameterError, match="add up"):
        substances([share("propane", 0.9)])


USER_FILE = """key,value,unit,standard,clause_or_table,source,standing,checked_by,checked_on,note,branches_of
mix/name_zh,混合气,text,,,supplier,site_specific,,,,
mix/name_en,mix,text,,,supplier,site_specific,,,,
mix/category,W2,text,,,supplier,site_specific,,,,
mix/hazards,flammable,text,,,supplier,site_specific,,,,
mix/state,gas,text,,,supplier,site_specific,,,,
mix/fluid,mixture,text,,,supplier,site_specific,,,,
mix/component/propane,0.25,share,,,supplier,site_specific,,,,mix
mix/component/propylene,0.75,share,,,supplier,site_specific,,,,mix
"""


def test_a_user_adds_a_substance(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(USER_FILE, encoding="utf-8")
    own = tuple(read_table(path).values())
    mix = find_substance("混合气", own=own)
    assert (mix.key, mix.category) == ("mix", "W2")
    assert mix.fluid.molar_mass_kg_mol == pytest.approx(1 / (0.25 / 0.0440956 + 0.75 / 0.0420797), rel=1e-4)
    with pytest.raises(SubstanceError, match="no substance"):
        find_substance("混合气")


def test_a_user_file_with_an_unknown_component_is_refused(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(USER_FILE.replace("component/propylene", "component/nothing"), encoding="utf-8")
    with pytest.raises(SubstanceError, match="'nothing'"):
        substances(own=tuple(read_table(path).values()))


def test_a_user_file_cannot_replace_a_shipped_row(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(USER_FILE.replace("mix/category", "ammonia/cas"), encoding="utf-8")
    with pytest.raises(SubstanceError, match=r"ammonia/cas.*override"):
        substances(own=tuple(read_table(path).values()))
