"""Evidence bundles: the same bytes everywhere, and every change named."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from layers.bundles import SignatureState, verify_bundle, write_bundle
from layers.bundles.extracts import _crop
from layers.bundles.frames import frame_text, layer_frame, subjects_frame
from layers.errors import FormatError, NotFoundError, StoreError
from layers.samples import samples_folder
from layers.siting.checks import check_subjects, load_rules, subjects_of
from layers.store import Store
from tests.layers.decisions import RIVER_PACKS, Decision, decide, fill_store, plots, rivers
from tests.layers.frames import frame, many_points, ponds

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def decision(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Decision]:
    """One plot 1 km from the main stem; nobody writes to its store."""
    url = f"sqlite:///{tmp_path_factory.mktemp('decision') / 's.db'}"
    fill_store(url)
    with Store.open(url) as store:
        yield decide(store, plots(1000.0))


@pytest.fixture(scope="module")
def written(decision: Decision, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(decision, tmp_path_factory.mktemp("bundle") / "b.zip")


@pytest.fixture
def bundle(written: Path, tmp_path: Path) -> Path:
    """The unsigned bundle of the decision, in a folder of the test's own."""
    return Path(shutil.copy(written, tmp_path))


def write(decision: Decision, path: Path, signing_key: Path | None = None) -> Path:
    write_bundle(
        decision.store, decision.result, decision.subjects, path, packs=RIVER_PACKS, signing_key=signing_key
    )
    return path


def make_keys(folder: Path, name: str) -> tuple[Path, Path]:
    key = Ed25519PrivateKey.generate()
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, public


def change(bundle: Path, changes: Mapping[str, bytes | None], *, with_manifest: bool = False) -> Path:
    """Copy a bundle with parts changed, added or (None) left out; the manifest follows if wanted."""
    with zipfile.ZipFile(bundle) as archive:
        parts: dict[str, bytes | None] = {name: archive.read(name) for name in archive.namelist()}
    parts.update(changes)
    if with_manifest:
        manifest = json.loads(parts["manifest.json"] or b"")
        for name, content in changes.items():
            manifest["files"][name]["sha256"] = hashlib.sha256(content or b"").hexdigest()
        parts["manifest.json"] = json.dumps(manifest).encode()
    copy = bundle.with_name("changed.zip")
    with zipfile.ZipFile(copy, "w") as archive:
        for name, content in parts.items():
            if content is not None:
                archive.writestr(name, content)
    return copy


def read(bundle: Path, name: str) -> bytes:
    with zipfile.ZipFile(bundle) as archive:
        return archive.read(name)


def test_bundle_recomputes_to_the_same(bundle: Path):
    report = verify_bundle(bundle)
    assert report.same
    assert report.signature is SignatureState.UNSIGNED
    told = report.to_dict()
    assert told["differences"] == []
    assert told["conclusions"][0]["conclusion"] == "fail"
    assert any("not signed" in note["en"] for note in told["notes"])


def test_bundle_holds_inputs_rules_findings_and_picture(decision: Decision, bundle: Path):
    with zipfile.ZipFile(bundle) as archive:
        names = archive.namelist()
        assert all(entry.date_time == (1980, 1, 1, 0, 0, 0) for entry in archive.infolist())
    assert names[0] == "manifest.json"
    assert names[1:] == sorted(names[1:])
    assert {"subjects.geojson", "layers/rivers.geojson", "rules/packs-1/rivers.toml", "maps/0001.png"} <= {
        *names
    }
    manifest = json.loads(read(bundle, "manifest.json"))
    assert manifest["files"].keys() == {*names} - {"manifest.json"}
    layers = json.loads(read(bundle, "layers.json"))["layers"]
    assert layers["rivers"]["digest"] == decision.store.layer_digest("rivers")
    evidence = json.loads(read(bundle, "evidence.geojson"))
    assert evidence["features"][0]["geometry"]["type"] == "LineString"


def test_same_input_gives_the_same_bytes_in_other_surroundings(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 's.db'}"
    fill_store(url)
    folders, processes = [], []
    for seed, zone, language in (("1", "UTC", "C"), ("2", "Asia/Shanghai", "zh_CN.UTF-8")):
        folders.append(tmp_path / seed)
        folders[-1].mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LANG": language, "LC_ALL": language}
        code = f"from tests.layers.decisions import write_everything as w; w({url!r}, {str(folders[-1])!r})"
        processes.append(subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment))
    assert [process.wait() for process in processes] == [0, 0]
    found = [
        {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
        for folder in folders
    ]
    assert len(found[0]) == 4
    assert found[0] == found[1]


def test_signature_of_the_given_key(decision: Decision, tmp_path: Path):
    private, public = make_keys(tmp_path, "ours")
    _, other = make_keys(tmp_path, "other")
    bundle = write(decision, tmp_path / "b.zip", private)
    assert verify_bundle(bundle, public).signature is SignatureState.VALID
    assert verify_bundle(bundle, public).same
    assert verify_bundle(bundle).signature is SignatureState.ENCLOSED_KEY
    assert verify_bundle(bundle).same
    report = verify_bundle(bundle, other)
    assert report.signature is SignatureState.OTHER_KEY
    assert [difference.part for difference in report.differences] == ["signature"]


def test_unsigned_bundle_is_not_what_a_key_asks_for(bundle: Path, tmp_path: Path):
    _, public = make_keys(tmp_path, "ours")
    report = verify_bundle(bundle, public)
    assert [(d.part, d.found) for d in report.differences] == [("signature", "unsigned")]


def test_changed_manifest_breaks_the_signature(decision: Decision, tmp_path: Path):
    private, public = make_keys(tmp_path, "ours")
    bundle = write(decision, tmp_path / "b.zip", private)
    readme = read(bundle, "README.txt") + b"!"
    report = verify_bundle(change(bundle, {"README.txt": readme}, with_manifest=True), public)
    assert report.signature is SignatureState.BROKEN
    assert [difference.part for difference in report.differences] == ["signature"]


def test_changed_missing_and_added_files_are_named(bundle: Path):
    changes = {"README.txt": b"other", "versions.json": read(bundle, "versions.json"), "extra.txt": b"new"}
    report = verify_bundle(change(bundle, {**changes, "maps/0001.svg": None}))
    named = {(difference.part, difference.name) for difference in report.differences}
    assert {("file", "README.txt"), ("file", "extra.txt"), ("file", "maps/0001.svg")} <= named
    assert ("file", "versions.json") not in named


def test_forged_finding_is_named_by_field_although_hashes_fit(bundle: Path):
    findings = json.loads(read(bundle, "findings.json"))
    findings["proposals"][0]["findings"][0]["margin_m"] = 1.0
    findings["proposals"][0]["conclusion"] = "pass"
    forged = change(bundle, {"findings.json": json.dumps(findings).encode()}, with_manifest=True)
    report = verify_bundle(forged)
    found = {difference.name: (difference.expected, difference.found) for difference in report.differences}
    assert found["p1 / yrpl-26-3-main / margin_m"] == (1.0, pytest.approx(-2000, abs=0.01))
    assert found["p1 / conclusion"] == ("pass", "fail")
    assert not report.same


def test_forged_rule_changes_its_version_and_the_findings(bundle: Path):
    name = "rules/packs-1/rivers.toml"
    text = read(bundle, name).replace(b"distance_m = 3000.0", b"distance_m = 300.0")
    report = verify_bundle(change(bundle, {name: text}, with_manifest=True))
    named = {(difference.part, difference.name) for difference in report.differences}
    assert {("rules", "rules_version"), ("rules", "yrpl-26-3-main")} <= named
    assert ("finding", "p1 / yrpl-26-3-main / verdict") in named


def test_moved_river_changes_the_findings(bundle: Path):
    moved = read(bundle, "layers/rivers.geojson").replace(b",26.0]", b",25.9]").replace(b",26]", b",25.9]")
    report = verify_bundle(change(bundle, {"layers/rivers.geojson": moved}, with_manifest=True))
    assert any(difference.name == "p1 / yrpl-26-3-main / distance_m" for difference in report.differences)


def test_picture_that_shows_something_else_is_named(bundle: Path):
    report = verify_bundle(change(bundle, {"maps/0001.svg": b"<svg/>"}, with_manifest=True))
    assert [(difference.part, difference.name) for difference in report.differences] == [
        ("picture", "maps/0001.svg")
    ]


_MISSPELT = b'{"features": [{"properties": {}, "geometry": {"type": "Point", "coordinate": [103, 26]}}]}'


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"features": 1}', b'{"features": [{}]}', b"\xff", _MISSPELT]
)
def test_nonsense_inside_is_a_difference_not_a_crash(bundle: Path, content: bytes):
    report = verify_bundle(change(bundle, {"layers/rivers.geojson": content}, with_manifest=True))
    assert [difference.part for difference in report.differences] == ["bundle"]


def test_tables_outside_the_bundle_are_not_read(bundle: Path):
    name = "rules/packs-1/rivers.toml"
    text = read(bundle, name).replace(b"distance_m = 3000.0", b'distance_m = { table = "/etc/passwd" }')
    report = verify_bundle(change(bundle, {name: text}, with_manifest=True))
    assert "must be the name of a file beside the pack" in str(report.differences[0].found)


@pytest.mark.parametrize("entry", ["../out.txt", "/etc/out.txt", "..\\out.txt", "c:/out.txt"])
def test_names_that_leave_the_folder_are_refused(bundle: Path, entry: str):
    with pytest.raises(FormatError, match="leave the folder"):
        verify_bundle(change(bundle, {entry: b"x"}))


def test_zip_bomb_is_refused(decision: Decision, tmp_path: Path):
    bundle = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b"0" * 64 * 1024**2)
    with pytest.raises(FormatError, match="times its size"):
        verify_bundle(bundle)


def test_other_files_are_no_bundles(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as archive:
        archive.writestr("a.txt", "a")
    with zipfile.ZipFile(tmp_path / "later.zip", "w") as archive:
        archive.writestr("manifest.json", '{"format": "riskmap-evidence-bundle/9", "files": {}}')
    (tmp_path / "text.zip").write_text("text")
    whole = (tmp_path / "later.zip").read_bytes()
    # The last bytes say where the directory of the archive begins: before the file does, when they are changed.
    (tmp_path / "damaged.zip").write_bytes(whole[:-3] + b"\x80" + whole[-2:])
    for name in ("empty.zip", "later.zip", "text.zip", "damaged.zip"):
        with pytest.raises(FormatError):
            verify_bundle(tmp_path / name)
    with pytest.raises(FormatError, match="no file"):
        verify_bundle(tmp_path / "nothing.zip")


def test_keys_that_are_none_are_refused(decision: Decision, tmp_path: Path):
    (tmp_path / "text.pem").write_text("text")
    private, public = make_keys(tmp_path, "ours")
    with pytest.raises(FormatError, match="Ed25519 private key"):
        write(decision, tmp_path / "b.zip", tmp_path / "text.pem")
    with pytest.raises(NotFoundError):
        write(decision, tmp_path / "b.zip", tmp_path / "nothing.pem")
    assert not (tmp_path / "b.zip").exists()
    bundle = write(decision, tmp_path / "b.zip", private)
    with pytest.raises(FormatError, match="Ed25519 public key"):
        verify_bundle(bundle, private)
    assert public.is_file()


def test_result_that_no_longer_follows_is_refused(new_sqlite_url: Callable[[], str], tmp_path: Path):
    with Store.open(new_sqlite_url()) as store:
        store.write("rivers", rivers())
        made = decide(store, plots(1000.0))
        store.write("rivers", rivers(lat=25.9))
        with pytest.raises(StoreError, match="yrpl-26-3-main"):
            write(made, tmp_path / "b.zip")


def test_result_of_other_rules_is_refused(decision: Decision, tmp_path: Path):
    with pytest.raises(StoreError, match="rules version"):
        write_bundle(decision.store, decision.result, decision.subjects, tmp_path / "b.zip")


def test_extract_grows_only_as_far_as_findings_need(new_sqlite_url: Callable[[], str], tmp_path: Path):
    with Store.open(new_sqlite_url()) as store:
        far = frame(
            [shapely.LineString([(110.0 + i, 30), (110.5 + i, 30)]) for i in range(3)],
            id=[f"far{i}" for i in range(3)],
            role="other",
            basin="pearl",
            line_kind="outer",
            accuracy_m=5.0,
        )
        store.write("rivers", rivers())
        store.write("rivers", far)
        bundle = write(decide(store, plots(1000.0, kind="chemical_project")), tmp_path / "near.zip")
        assert json.loads(read(bundle, "layers.json"))["layers"]["rivers"]["extract_features"] == 1
        # The tributary lies 110 km off and is what the second clause measures to.
        bundle = write(decide(store, plots(1000.0)), tmp_path / "far.zip")
        assert json.loads(read(bundle, "layers.json"))["layers"]["rivers"]["extract_radius_m"] is None
        assert verify_bundle(bundle).same


def test_own_packs_travel_along(decision: Decision, tmp_path: Path):
    own = tmp_path / "own 规则.toml"
    own.write_text(
        '[[rule]]\nid = "local"\noverrides = "yrpl-26-3-main"\ndistance_m = 5000.0\nsource = "list"\n',
        encoding="utf-8-sig",  # as the editor of Windows writes it
    )
    pack = load_rules(RIVER_PACKS, [own])
    result = check_subjects(decision.store, decision.subjects, on=date(2026, 11, 22), pack=pack)
    bundle = tmp_path / "b.zip"
    write_bundle(decision.store, result, decision.subjects, bundle, packs=RIVER_PACKS, overlays=[own])
    report = verify_bundle(bundle)
    assert report.same
    assert any("rule local is not in the product" in note.en for note in report.notes)


@pytest.mark.parametrize(
    ("layer", "features"),
    [
        ("tailings_ponds", ponds()),
        ("enterprises", many_points(20)),
        ("rivers", rivers()),
        ("rivers", rivers().iloc[:0]),
    ],
    ids=["missing values", "all types", "lines", "empty"],
)
def test_frames_come_back_with_their_types(new_sqlite_url: Callable[[], str], layer: str, features):
    with Store.open(new_sqlite_url()) as store:
        store.write(layer, features)
        stored = store.read(layer)
    again = layer_frame(layer, frame_text(stored))
    assert again.crs == stored.crs
    assert again.dtypes.astype(str).to_dict() == stored.dtypes.astype(str).to_dict()
    assert (
        shapely.to_wkb(again.geometry.to_numpy()).tolist()
        == shapely.to_wkb(stored.geometry.to_numpy()).tolist()
    )
    assert again.drop(columns="geom").equals(stored.drop(columns="geom"))


def test_subjects_come_back_to_the_last_digit():
    subjects = subjects_of("proposals", plots(1234.56789, 4000.0, state=["new", None]))
    again = subjects_frame(frame_text(subjects))
    assert (
        shapely.to_wkb(again.geometry.to_numpy()).tolist()
        == shapely.to_wkb(subjects.geometry.to_numpy()).tolist()
    )
    assert again["state"].tolist() == ["new", None]
    assert again["capacity_m3"].tolist() == [8e6, 8e6]


def test_cropped_raster_keeps_its_cells_in_place(tmp_path: Path):
    path = samples_folder() / "illustrative" / "elevation_3s.tif"
    with rasterio.open(path) as whole:
        lon, lat = (whole.bounds.left + whole.bounds.right) / 2, (whole.bounds.bottom + whole.bounds.top) / 2
        there = frame([shapely.Point(lon, lat)], id=["p"])
        (tmp_path / "crop.tif").write_bytes(_crop(path, there, 2000.0))
        with rasterio.open(tmp_path / "crop.tif") as crop:
            assert crop.width < whole.width
            window = rasterio.windows.from_bounds(*crop.bounds, whole.transform)
            assert np.array_equal(crop.read(1), whole.read(1, window=window))
            assert crop.crs == whole.crs
            assert crop.nodata == whole.nodata
