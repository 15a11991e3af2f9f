"""Prepare the database of ``make run``: tables, samples, setback check, first grid.

Only an empty database gets the samples, and only results that are missing are computed: what a database
holds already stays as it is, so a second start takes seconds and nobody's data is touched.
"""

from pathlib import Path

from api.cli import app
from api.settings import load_settings
from layers.store import Store

GRID_METRIC = "facility_count"
GRID_RESOLUTION = 7
"""H3 resolution of the first grid; a cell has about 5 km²."""
GRID_FILE = Path("build") / f"{GRID_METRIC}.parquet"


def prepare() -> None:
    """Run the commands that the database still needs, each with its progress on screen."""
    _riskmap("init")
    if _holds_features():
        print("The database holds data already and stays as it is (`riskmap sample` adds the samples).")
    else:
        _riskmap("sample")
    if _lacks_run("setback"):
        _riskmap("setback")
    if _lacks_run("grid"):
        GRID_FILE.parent.mkdir(exist_ok=True)
        _riskmap("grid", GRID_METRIC, "--res", str(GRID_RESOLUTION), "--out", str(GRID_FILE))


def _open_store() -> Store:
    return Store.open(load_settings().database_url.get_secret_value())


def _holds_features() -> bool:
    with _open_store() as store:
        return any(summary.count for summary in store.summaries())


def _lacks_run(kind: str) -> bool:
    with _open_store() as store:
        return store.latest_run(kind) is None


def _riskmap(*arguments: str) -> None:
    """Run a command in this process: loading the libraries anew for each would take most of the time."""
    print(f"$ riskmap {' '.join(arguments)}", flush=True)
    try:
        app(arguments)
    except SystemExit as end:
        if end.code:
            raise


if __name__ == "__main__":
    prepare()
