"""Air, ground and weather of a trial, as the engine takes them."""

from geo.hazard.fluids import STANDARD_PRESSURE_PA
from geo.hazard.plant import Surroundings
from geo.hazard.tables import table
from geo.hazard.validation.trials import Trial
from geo.hazard.weather import Weather

__all__ = ["surroundings_of", "weather_of"]

_REFERENCE_HEIGHT_M = 10.0  # WMO-No. 8 (2018)
_NEUTRAL = "D"

_STANDARD_TEMPERATURE_K = 288.15  # ISO 2533
_MILD_HUMIDITY = 0.7  # chosen
_OPEN_COUNTRY_M = 0.1  # chosen: between grass and scattered bushes


def surroundings_of(trial: Trial) -> Surroundings:
    """Return the air and ground of a trial.

    Standard atmosphere at sea level, mild damp air over open country: for what a trial's report leaves out.
    """

    def stated(key: str, standard: float) -> float:
        return trial.number(key) if key in trial.conditions else standard

    return Surroundings(
        elevation_m=0.0,
        pressure_pa=stated("pressure_pa", STANDARD_PRESSURE_PA),
        temperature_k=stated("temperature_k", _STANDARD_TEMPERATURE_K),
        humidity=stated("humidity", _MILD_HUMIDITY),
        roughness_m=stated("roughness_m", _OPEN_COUNTRY_M),
        urban=False,
        complex_terrain=False,
    )


def weather_of(trial: Trial) -> Weather:
    """Return the weather: neutral where no stability is stated, the wind brought to 10 m by the engine's profile."""
    stability = trial.word("stability") if "stability" in trial.conditions else _NEUTRAL
    wind = trial.number("wind_m_s")
    if "wind_height_m" in trial.conditions:
        exponent = table("dispersion")[f"wind_exponent/rural/{stability}"].number
        wind *= (_REFERENCE_HEIGHT_M / trial.number("wind_height_m")) ** exponent
    return Weather(stability=stability, wind_m_s=wind, by_day=stability in "ABCD")
