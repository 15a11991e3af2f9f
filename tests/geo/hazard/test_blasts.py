"""Blasts: against published examples and the nodes of the curves, and what must always hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import OutOfRangeError
from geo.hazard.blasts.air_blast import air_blast_distance_m, air_blast_pressure_pa
from geo.hazard.blasts.baker_strehlow import baker_strehlow_pressure_pa
from geo.hazard.blasts.multi_energy import congested_energy_j, multi_energy_pressure_pa
from geo.hazard.blasts.tnt import (
    BLAST_QUANTITIES,
    blast_range_m_kg,
    incident_pressure_pa,
    scaled_blast,
)
from geo.hazard.blasts.tnt_equivalence import cloud_tnt_kg
from geo.hazard.tables import table

BLASTS = table("blasts")
SEA_LEVEL_PA = 101_325.0
AT_2000_M_PA = 79_501.0


class TestKingeryBulmash:
    def test_ten_tonnes_at_500_m_as_published(self):
        # Worked example in the documentation of the public package kingery-bulmash 1.0.1.
        size = 10_000 ** (1 / 3)
        z = 500 / size
        assert scaled_blast("arrival", z) * size == pytest.approx(1276.1650108864796, rel=1e-9)
        assert scaled_blast("incident_pressure", z) == pytest.approx(5.0549639655028455, rel=1e-9)
        assert scaled_blast("reflected_pressure", z) == pytest.approx(10.244621193146642, rel=1e-9)
        assert scaled_blast("duration", z) * size == pytest.approx(133.23344980362697, rel=1e-9)
        assert scaled_blast("incident_impulse", z) * size == pytest.approx(295.87689480141484, rel=1e-9)

    def test_pressure_in_si(self):
        assert incident_pressure_pa(10_000, 500) == pytest.approx(5054.9639655)

    @pytest.mark.parametrize("quantity", BLAST_QUANTITIES)
    def test_refuses_outside_its_range(self, quantity):
        least, most = blast_range_m_kg(quantity)
        assert np.isfinite(scaled_blast(quantity, [least, most])).all()
        for outside in (least * 0.999, most * 1.001, 0.0, np.nan):
            with pytest.raises(OutOfRangeError, match=quantity):
                scaled_blast(quantity, [least, outside])

    @pytest.mark.parametrize("quantity", BLAST_QUANTITIES)
    def test_pieces_meet_within_three_per_cent(self, quantity):
        least, most = blast_range_m_kg(quantity)
        values = scaled_blast(quantity, np.geomspace(least, most, 20_001))
        assert np.abs(np.diff(np.log(values))).max() < 0.03

    @pytest.mark.parametrize("mass_kg", [0.0, -1.0, np.nan])
    def test_charge_must_be_above_0(self, mass_kg):
        with pytest.raises(OutOfRangeError, match="TNT"):
            incident_pressure_pa(mass_kg, 100.0)

    def test_at_altitude_the_far_field_is_about_an_eighth_lower(self):
        sea, high = (incident_pressure_pa(1000, 600.0, pressure) for pressure in (SEA_LEVEL_PA, AT_2000_M_PA))
        assert high / sea == pytest.approx(0.88, abs=0.02)

    @given(st.floats(0.01, 1e6), st.floats(0.5, 2.0))
    def test_scaling_by_the_cube_root(self, mass_kg, factor):
        size = mass_kg ** (1 / 3)
        assert incident_pressure_pa(mass_kg, 10 * size * factor) == pytest.approx(
            incident_pressure_pa(1.0, 10 * factor), rel=1e-9
        )


class TestAirBlast:
    def test_one_kilogram_at_one_metre_by_hand(self):
        assert air_blast_pressure_pa(1.0, 1.0, BLASTS) == pytest.approx((14 + 4.3 + 1.1) * 1e5)

    @pytest.mark.parametrize("z", [2.0, 5.0, 10.0, 20.0])
    def test_lies_a_tenth_to_a_fifth_above_kingery_bulmash(self, z):
        assert 1.10 <= air_blast_pressure_pa(1.0, z, BLASTS) / incident_pressure_pa(1.0, z) <= 1.20

    @pytest.mark.parametrize(("z", "factor"), [(25.76, 1.134), (58.86, 1.450)])
    def test_how_far_it_lies_above_the_published_bursts_at_the_limits_of_the_standard(self, z, factor):
        # Kingery-Bulmash after Swisdak (1994): 4410 Pa at 25.76, 1379 Pa at 58.86 m/kg^(1/3).
        assert air_blast_pressure_pa(1.0, z, BLASTS) / incident_pressure_pa(1.0, z) == pytest.approx(
            factor, abs=2e-3
        )

    @pytest.mark.parametrize(("pressure_pa", "z"), [(2000, 58.86), (5000, 25.76), (9000, 15.855)])
    def test_limits_of_the_standard(self, pressure_pa, z):
        # Put back by hand: 14/z^3 + 4.3/z^2 + 1.1/z = pressure in 1e5 Pa.
        distance = air_blast_distance_m(1.0, pressure_pa, BLASTS)
        assert distance == pytest.approx(z, rel=1e-3)
        assert 14 / distance**3 + 4.3 / distance**2 + 1.1 / distance == pytest.approx(pressure_pa / 1e5)

    @given(st.floats(1e-3, 1e7), st.floats(10.0, 1e8))
    def test_distance_and_pressure_are_inverse(self, mass_kg, pressure_pa):
        distance = air_blast_distance_m(mass_kg, pressure_pa, BLASTS)
        assert air_blast_pressure_pa(mass_kg, distance, BLASTS) == pytest.approx(pressure_pa, rel=1e-9)

    @given(st.floats(1e-3, 1e6), st.floats(1.01, 10.0))
    def test_lower_threshold_lies_farther_and_more_mass_reaches_farther(self, mass_kg, factor):
        distance = air_blast_distance_m(mass_kg, 9000, BLASTS)
        assert air_blast_distance_m(mass_kg, 9000 / factor, BLASTS) > distance
        assert air_blast_distance_m(mass_kg * factor, 9000, BLASTS) == pytest.approx(
            distance * factor ** (1 / 3)
        )

    def test_no_charge_no_blast(self):
        assert air_blast_distance_m(0.0, 2000, BLASTS) == 0.0
        assert air_blast_pressure_pa(0.0, [0.0, 1.0], BLASTS).tolist() == [0.0, 0.0]

    def test_refuses_negative_mass_and_absurd_pressure(self):
        for mass in (-1.0, np.nan):
            with pytest.raises(OutOfRangeError, match="TNT"):
                air_blast_pressure_pa(mass, 1.0, BLASTS)
            with pytest.raises(OutOfRangeError, match="TNT"):
                air_blast_distance_m(mass, 2000, BLASTS)
        for pressure in (0.0, -5.0, np.nan, 1e12):
            with pytest.raises(OutOfRangeError, match="overpressure"):
                air_blast_distance_m(1.0, pressure, BLASTS)


class TestMultiEnergy:
    @pytest.mark.parametrize(
        ("strength", "plateau"),
        list(enumerate([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 13.3], start=1)),
    )
    def test_plateaus(self, strength, plateau):
        pressure = multi_energy_pressure_pa(1e9, strength, [0.0, 1e-3], SEA_LEVEL_PA)
        assert pressure / SEA_LEVEL_PA == pytest.approx([plateau, plateau])

    @pytest.mark.parametrize(
        ("strength", "coefficient", "exponent"),
        [(1, 6.4e-3, -0.97), (4, 6.44e-2, -0.99), (5, 0.117, -0.99), (6, 0.301, -1.11)],
    )
    def test_published_fits(self, strength, coefficient, exponent):
        scaled = np.array([0.8, 1.0, 2.0, 5.0])
        pressure = multi_energy_pressure_pa(SEA_LEVEL_PA, strength, scaled, SEA_LEVEL_PA) / SEA_LEVEL_PA
        np.testing.assert_allclose(pressure, coefficient * scaled**exponent, rtol=2e-3)

    def test_strong_classes_meet_far_away(self):
        pressures = [
            multi_energy_pressure_pa(1e10, strength, 200.0, SEA_LEVEL_PA) for strength in (7, 8, 9, 10)
        ]
        assert np.ptp(pressures) == pytest.approx(0.0, abs=1e-6)
        assert multi_energy_pressure_pa(1e10, 6, 2000.0, SEA_LEVEL_PA) == pytest.approx(
            multi_energy_pressure_pa(1e10, 7, 2000.0, SEA_LEVEL_PA), rel=1e-2
        )

    @given(st.floats(1e6, 1e13), st.integers(1, 9))
    def test_falls_with_distance_and_rises_with_strength(self, energy_j, strength):
        distance = np.concatenate([[0.0], np.geomspace(0.1, 1e5, 300)])
        weaker, stronger = (
            multi_energy_pressure_pa(energy_j, each, distance, SEA_LEVEL_PA)
            for each in (strength, strength + 1)
        )
        assert (np.diff(weaker) <= 1e-9 * weaker[1:]).all()
        assert (stronger >= weaker * (1 - 1e-3)).all()

    def test_energy_of_a_congested_volume(self):
        assert congested_energy_j(1000.0, SEA_LEVEL_PA, BLASTS) == pytest.approx(3.5e9)
        assert congested_energy_j(1000.0, AT_2000_M_PA, BLASTS) == pytest.approx(3.5e9 * 0.7846, rel=1e-3)

    def test_bad_input(self):
        for strength in (0, 11, 2.5):
            with pytest.raises(OutOfRangeError, match="strength"):
                multi_energy_pressure_pa(1e9, strength, 10.0, SEA_LEVEL_PA)
        with pytest.raises(OutOfRangeError, match="negative"):
            congested_energy_j(-1.0, SEA_LEVEL_PA, BLASTS)
        assert multi_energy_pressure_pa(0.0, 7, [0.0, 10.0], SEA_LEVEL_PA).tolist() == [0.0, 0.0]


class TestBakerStrehlow:
    @pytest.mark.parametrize(
        ("mach", "scaled", "value"),
        [
            (0.2, 0.3, 0.0682),
            (0.2, 9.5, 0.00295),
            (0.35, 1.5, 0.0605),
            (0.7, 0.7, 0.379),
            (1.0, 3.0, 0.0935),
            (1.4, 4.0, 0.0774),
            (2.0, 7.0, 0.04),
            (3.0, 0.3, 3.19),
            (4.0, 1.5, 0.237),
            (5.2, 9.5, 0.0274),
        ],
    )
    def test_nodes_of_the_digitised_curves(self, mach, scaled, value):
        # The energy is doubled for the ground: half of it here makes the scaled distance equal to the distance.
        pressure = baker_strehlow_pressure_pa(SEA_LEVEL_PA / 2, mach, scaled, SEA_LEVEL_PA)
        assert pressure / SEA_LEVEL_PA == pytest.approx(value)

    @pytest.mark.parametrize(("mach", "plateau"), [(0.2, 0.07), (0.35, 0.222), (1.0, 1.3), (5.2, 22.0)])
    def test_plateau_in_the_cloud(self, mach, plateau):
        assert baker_strehlow_pressure_pa(1e9, mach, 0.0, SEA_LEVEL_PA) / SEA_LEVEL_PA == pytest.approx(
            plateau
        )

    def test_between_two_curves_it_lies_between_them(self):
        low, middle, high = (
            baker_strehlow_pressure_pa(1e10, mach, 50.0, SEA_LEVEL_PA) for mach in (0.35, 0.44, 0.7)
        )
        assert low < middle < high

    def test_falls_like_sound_beyond_the_curves(self):
        near, far = baker_strehlow_pressure_pa(SEA_LEVEL_PA / 2, 0.7, [9.5, 19.0], SEA_LEVEL_PA)
        assert far == pytest.approx(near / 2)

    @given(st.floats(1e6, 1e13), st.floats(0.2, 5.2))
    def test_falls_with_distance(self, energy_j, mach):
        distance = np.concatenate([[0.0], np.geomspace(0.1, 1e5, 300)])
        pressure = baker_strehlow_pressure_pa(energy_j, mach, distance, SEA_LEVEL_PA)
        assert np.isfinite(pressure).all()
        assert (np.diff(pressure) <= 1e-9 * pressure[1:]).all()

    @pytest.mark.parametrize("mach", [0.1, 6.0, np.nan])
    def test_refuses_other_mach_numbers(self, mach):
        with pytest.raises(OutOfRangeError, match="Mach"):
            baker_strehlow_pressure_pa(1e9, mach, 10.0, SEA_LEVEL_PA)

    def test_no_energy_no_blast(self):
        assert baker_strehlow_pressure_pa(0.0, 0.7, [0.0, 10.0], SEA_LEVEL_PA).tolist() == [0.0, 0.0]

    def test_agrees_with_multi_energy_within_a_factor_of_two(self):
        # By plateau, strength 5 lies near Mach 0.35 and strength 7 between 0.7 and 1.0.
        distance = np.array([30.0, 60.0, 120.0, 300.0])
        for strength, mach in ((5, 0.35), (7, 0.85)):
            one = multi_energy_pressure_pa(5e9, strength, distance, SEA_LEVEL_PA)
            other = baker_strehlow_pressure_pa(5e9, mach, distance, SEA_LEVEL_PA)
            assert (np.abs(np.log(one / other)) < np.log(2.0)).all()


class TestAltitude:
    @pytest.mark.parametrize(
        "pressure_pa",
        [
            lambda distance, air: multi_energy_pressure_pa(1e10, 7, distance, air),
            lambda distance, air: baker_strehlow_pressure_pa(1e10, 0.7, distance, air),
            lambda distance, air: incident_pressure_pa(1e3, distance, air),
        ],
        ids=["multi_energy", "baker_strehlow", "tnt"],
    )
    def test_at_2000_m_the_same_share_of_the_air_pressure_lies_eight_per_cent_farther(self, pressure_pa):
        sea = pressure_pa(100.0, SEA_LEVEL_PA)
        high = pressure_pa(100.0 * 1.0842, AT_2000_M_PA)
        assert high / sea == pytest.approx(0.7846, rel=1e-3)


class TestTntEquivalence:
    def test_cloud_by_hand(self):
        # 0.04 x 1000 x 46.34 / 4.6
        assert cloud_tnt_kg(1000.0, 46.34e6, BLASTS) == pytest.approx(402.96, rel=1e-4)

    def test_refuses_negative_values(self):
        for values in ((-1.0, 4e6), (1.0, -4e6)):
            with pytest.raises(OutOfRangeError, match="negative"):
                cloud_tnt_kg(*values, BLASTS)
