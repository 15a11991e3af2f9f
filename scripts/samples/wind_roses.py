"""Make the illustrative wind roses of data/samples/wind_roses: ``python -m scripts.samples.wind_roses``.

Shares of weathers and the directions of their peaks are made up, after what is typical: south-west winds on the plateau
of Kunming, winds up and down a deep valley. No station was asked.
"""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geo.hazard.wind_roses import COMPASS

FOLDER = Path(__file__).parents[2] / "data" / "samples" / "wind_roses"
DECIMALS = 6

WEATHERS = (
    ("day", "B", 3.0, 0.18),
    ("day", "D", 1.5, 0.10),
    ("day", "D", 5.0, 0.17),
    ("day", "D", 9.0, 0.05),
    ("night", "D", 5.0, 0.12),
    ("night", "E", 3.0, 0.14),
    ("night", "F", 1.5, 0.24),
)
"""Period, stability, wind [m/s] and share of the year."""

Peak = tuple[float, float, float]
"""Azimuth that the wind comes from [deg], concentration, and weight."""

ROSES: dict[str, tuple[str, dict[str, tuple[Peak, ...]]]] = {
    "kunming_like": (
        "示例风玫瑰（昆明型）",
        {
            "day": ((225.0, 2.2, 0.75), (45.0, 0.5, 0.25)),
            "night": ((225.0, 1.2, 0.55), (60.0, 0.6, 0.45)),
        },
    ),
    "valley_like": (
        "示例风玫瑰（河谷型）",
        {
            "day": ((180.0, 5.0, 0.72), (0.0, 5.0, 0.20), (90.0, 0.1, 0.08)),
            "night": ((0.0, 5.0, 0.70), (180.0, 5.0, 0.20), (90.0, 0.1, 0.10)),
        },
    ),
}


def main() -> None:
    """Write the files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, (title, periods) in ROSES.items():
        write_rose(FOLDER / f"{name}.csv", title, periods)


def write_rose(path: Path, title: str, periods: dict[str, tuple[Peak, ...]]) -> None:
    """Write one rose; rounding is put onto the largest number, so that everything adds up to 1."""
    table = np.array([share * directions(periods[period]) for period, _, _, share in WEATHERS])
    rounded = np.round(table, DECIMALS)
    largest = np.unravel_index(int(np.argmax(rounded)), rounded.shape)
    rounded[largest] = round(float(rounded[largest]) + 1.0 - float(rounded.sum()), DECIMALS)
    with path.open("w", encoding="utf-8", newline="") as target:
        target.write(f"# name: {title}\n# source: 示例数据（illustrative），2026-01\n# direction: from\n")
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(["period", "stability", "wind_m_s", *COMPASS])
        for (period, stability, wind_m_s, _), row in zip(WEATHERS, rounded, strict=True):
            writer.writerow([period, stability, wind_m_s, *(f"{value:.{DECIMALS}f}" for value in row)])


def directions(peaks: tuple[Peak, ...]) -> NDArray[np.float64]:
    """Return the share of each of sixteen directions: a mixture of von Mises densities."""
    azimuth = np.radians(np.arange(16) * 22.5)
    density = np.zeros(16)
    for peak_deg, concentration, weight in peaks:
        bump = np.exp(concentration * np.cos(azimuth - np.radians(peak_deg)))
        density += weight * bump / bump.sum()
    return density / density.sum()


if __name__ == "__main__":
    main()
