"""The workshop: who waits for whom, and what is computed once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from geo.hazard.kernel_store import KernelStore
from geo.hazard.whatif import Preview
from geo.hazard.wind_roses import read_rose
from layers.plants import whatif
from layers.plants.document import read_plant
from layers.samples import samples_folder

ROSE = read_rose(samples_folder() / "wind_roses" / "kunming_like.csv")
SLOW, QUICK = (read_plant(samples_folder() / "plants" / f"{name}.toml") for name in ("chlorine", "lpg"))
PATIENCE_S = 60.0


@pytest.fixture
def workshop(monkeypatch):
    """A workshop whose plants take no time, save the slow one, which waits to be let go; `made` lists them."""
    go, made = threading.Event(), []

    class Scene:
        def __init__(self, plant, *_args, **_named):
            made.append(plant.id)
            if plant.id == SLOW.plant.id:
                assert go.wait(PATIENCE_S)

        def preview(self, plant):
            return Preview({}, np.zeros(0), (), False)

    monkeypatch.setattr(whatif, "WhatIf", Scene)
    monkeypatch.setattr(whatif, "targets_around", lambda *_: ())
    store = SimpleNamespace(data_version=lambda _layers: "1")
    return SimpleNamespace(shop=whatif.Workshop(store, KernelStore()), go=go, made=made)


def test_nobody_waits_for_another_plant(workshop):
    with ThreadPoolExecutor(2) as pool:
        slow = [pool.submit(workshop.shop.preview, SLOW, SLOW, ROSE) for _ in range(2)]
        assert workshop.shop.preview(QUICK, QUICK, ROSE)["targets"] == []
        assert not any(one.done() for one in slow)
        workshop.go.set()
        assert [one.result(PATIENCE_S)["cut_off"] for one in slow] == [False, False]
    assert sorted(workshop.made) == sorted([SLOW.plant.id, QUICK.plant.id])  # each once


def test_plants_not_used_for_longest_are_forgotten(workshop, monkeypatch):
    monkeypatch.setattr(whatif, "_KEPT", 1)
    workshop.go.set()
    for plant in (QUICK, SLOW, QUICK, QUICK):
        workshop.shop.preview(plant, plant, ROSE)
    assert workshop.made == [QUICK.plant.id, SLOW.plant.id, QUICK.plant.id]
