"""Standard atmosphere: printed values of the 1976 tables."""

import pytest

from geo.errors import OutOfRangeError
from geo.hazard.air import density_of_kg_m3, pressure_at_pa


# US standard atmosphere 1976, table I: 0, 1000 and 2000 m.
@pytest.mark.parametrize(
    ("elevation_m", "temperature_k", "pressure_pa", "density_kg_m3"),
    [(0, 288.15, 101_325, 1.225), (1000, 281.65, 89_876, 1.112), (2000, 275.15, 79_501, 1.007)],
)
def test_printed_values(elevation_m, temperature_k, pressure_pa, density_kg_m3):
    assert pressure_at_pa(elevation_m) == pytest.approx(pressure_pa, abs=1)
    air = density_of_kg_m3(temperature_k, pressure_at_pa(elevation_m))
    assert air == pytest.approx(density_kg_m3, abs=6e-4)


@pytest.mark.parametrize("elevation_m", [-500, 9001, float("nan")])
def test_no_plant_stands_there(elevation_m):
    with pytest.raises(OutOfRangeError, match="no plant stands"):
        pressure_at_pa(elevation_m)


@pytest.mark.parametrize(("temperature_k", "pressure_pa"), [(0, 1e5), (280, 0), (float("nan"), 1e5)])
def test_air_needs_a_state(temperature_k, pressure_pa):
    with pytest.raises(OutOfRangeError):
        density_of_kg_m3(temperature_k, pressure_pa)
