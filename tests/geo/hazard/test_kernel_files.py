"""Kernels in files: what is read is what was written, damage is found, the folder stays within its limit."""

import gc
import os
from dataclasses import replace
from pathlib import Path

import pytest

from geo.hazard import kernel_files, kernel_store
from geo.hazard.assessment import assess, order_kernels
from geo.hazard.kernel import Kernel
from geo.hazard.kernel_files import KernelFiles
from geo.hazard.kernel_store import KernelStore
from geo.hazard.tables import Override, table
from geo.text import Text
from tests.geo.hazard.risk_scenes import make_kernel
from tests.geo.hazard.test_assessment import OPTIONS, ROSE, STORE, make_plant, two_tanks

PLENTY = 10**9


def scene(key: str = "a") -> Kernel:
    """A made-up kernel with a row that an override stands in for, and a warning in two languages."""
    changed = Override(
        table="probits", key="toxic/indoors", value=0.2, unit="share", author="Ann", reason="tight"
    )
    rows = (*table("probits", [changed]).values(), *table("substances").values())
    warnings = (Text("警告", "a warning"),)
    return replace(make_kernel(), key=key, parameters=rows, warnings=warnings, models=("made_up",))


def contents(kernel: Kernel) -> list[bytes]:
    layers = [layer for case in kernel.cases for layer in (case.individual, case.outdoors, case.indoors)]
    arrays = [kernel.grid.radius_m, kernel.table, *(share.risk_per_year for share in kernel.shares)]
    arrays += [layer.values for layer in layers]
    return [f"{array.dtype} {array.shape}".encode() + array.tobytes() for array in arrays]


def test_what_is_read_is_what_was_written(tmp_path):
    files, kernel = KernelFiles(tmp_path / "new", PLENTY), scene()
    assert files.get("a") is None
    assert files.put(kernel)
    found = files.get("a")
    assert contents(found) == contents(kernel)
    assert repr(found.parameters) == repr(kernel.parameters)
    assert any(row.shipped is not None for row in found.parameters)
    assert (found.key, found.models, found.warnings) == (kernel.key, kernel.models, kernel.warnings)
    assert [(c.share, c.weather, c.frequency_per_year) for c in found.cases] == [
        (c.share, c.weather, c.frequency_per_year) for c in kernel.cases
    ]
    assert [(c.indoors.first_angle, c.indoors.scale) for c in found.cases] == [
        (c.indoors.first_angle, c.indoors.scale) for c in kernel.cases
    ]
    assert found.size_bytes == kernel.size_bytes  # what was shared is shared
    assert [(s.scenario_id, s.outcome) for s in found.shares] == [
        (s.scenario_id, s.outcome) for s in kernel.shares
    ]


def test_same_kernel_same_file(tmp_path):
    for name in ("one", "two"):
        KernelFiles(tmp_path / name, PLENTY).put(scene())
    (one,), (two,) = (list((tmp_path / name).iterdir()) for name in ("one", "two"))
    assert one.name == two.name
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:40],
        lambda content: content[:-1],
        lambda content: b"another kind of" + content[15:],
        lambda content: content[:200] + bytes([content[200] ^ 1]) + content[201:],
        lambda content: content[:-70] + bytes([content[-70] ^ 128]) + content[-69:],
    ],
)
def test_damaged_files_are_removed(tmp_path, damage):
    files = KernelFiles(tmp_path, PLENTY)
    files.put(scene())
    (path,) = tmp_path.iterdir()
    path.write_bytes(damage(path.read_bytes()))
    assert files.get("a") is None
    assert not path.exists()
    assert files.put(scene())
    assert contents(files.get("a")) == contents(scene())


def test_files_read_longest_ago_are_removed(tmp_path):
    files = KernelFiles(tmp_path, PLENTY)
    for age, key in enumerate("abc"):
        files.put(scene(key))
        for path in tmp_path.iterdir():
            if path.stat().st_mtime_ns > 10**18:
                os.utime(path, ns=(age, age))
    size = max(path.stat().st_size for path in tmp_path.iterdir())
    assert files.get("a") is not None  # read now: b is the oldest
    KernelFiles(tmp_path, 3 * size).put(scene("d"))
    assert [files.get(key) is not None for key in "abcd"] == [True, False, True, True]
    KernelFiles(tmp_path, 1).put(scene("e"))
    assert [files.get(key) is not None for key in "acde"] == [False, False, False, True]


def test_folder_that_cannot_be_written_keeps_nothing(tmp_path):
    (tmp_path / "file").write_text("no folder")
    files = KernelFiles(tmp_path / "file", PLENTY)
    assert not files.put(scene())
    assert files.get("a") is None


def test_another_edition_of_the_code_finds_nothing(tmp_path, monkeypatch):
    files = KernelFiles(tmp_path, PLENTY)
    files.put(scene())
    monkeypatch.setattr(kernel_files, "_code_digest", lambda: "another")
    assert files.get("a") is None


def test_assessments_with_and_without_files_are_the_same(tmp_path):
    """Cold, warm, and without files; the second finds all."""
    plant, files = two_tanks(make_plant()), KernelFiles(tmp_path, PLENTY)
    told: list[str] = []
    cold, warm = (
        assess(
            plant,
            ROSE,
            options=OPTIONS,
            progress=lambda _, what: told.append(what),
            store=KernelStore(files=files),
        )
        for _ in range(2)
    )
    without = assess(plant, ROSE, options=OPTIONS, store=STORE)
    assert len(list(tmp_path.iterdir())) == len({one.kernel.key for one in without.placements}) == 2
    assert len([what for what in told if "/" in what]) == 2
    for one in (cold, warm):
        assert one.digest == without.digest
        assert one.field.risk_per_year.tobytes() == without.field.risk_per_year.tobytes()
        assert one.zones == without.zones
        assert contents(one.placements[0].kernel) == contents(without.placements[0].kernel)


def test_what_does_not_fit_into_memory_is_mapped_and_found_again(monkeypatch):
    """Two kernels where one fits: the second lies in a file of a folder that goes with the store."""
    plant = two_tanks(make_plant())
    plenty = assess(plant, ROSE, options=OPTIONS, store=STORE)
    orders = [order for _, order in order_kernels(plant, ROSE, OPTIONS)]
    keys = list(dict.fromkeys(order.key for order in orders))
    kept = {one.kernel.key: one.kernel for one in plenty.placements}
    first, second = (kept[key] for key in keys)
    tight = KernelStore(memory_bytes=first.size_bytes + second.size_bytes // 2)
    found = assess(plant, ROSE, options=OPTIONS, store=tight)
    assert found.field.risk_per_year.tobytes() == plenty.field.risk_per_year.tobytes()
    kept = {one.kernel.key: one.kernel for one in found.placements}
    kernels = [kept[key] for key in keys]
    assert [kernel.table.base.__class__.__name__ for kernel in kernels] == ["NoneType", "ndarray"]
    assert contents(kernels[1]) == contents(second)
    folder = Path(tight._overflow_folder.name)
    assert len(list(folder.iterdir())) == 1

    def refuse(*_: object) -> None:
        raise AssertionError("built although its file is there")

    monkeypatch.setattr(kernel_store, "build_equipment_kernel", refuse)
    assert contents(tight.kernels([("second", orders[1])])[0]) == contents(second)
    del tight, found, kernels, kept
    gc.collect()
    assert not folder.exists()
