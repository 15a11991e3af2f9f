"""Writing evidence bundles."""

import hashlib
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyproj
import shapely

from layers.bundles.extracts import Extracts, cut_extracts, published
from layers.bundles.frames import EXTENTS, layer_frame, write_extents
from layers.bundles.parts import derive_parts, json_bytes
from layers.bundles.rules import RuleFiles, rule_digests
from layers.bundles.signing import sign
from layers.documents.packing import pack
from layers.documents.whole_files import write_whole
from layers.errors import StoreError
from layers.letters.fonts import require_fonts
from layers.letters.surroundings import describe_sources
from layers.runs import code_version
from layers.store import Store

__all__ = ["FORMAT", "MANIFEST", "SIGNATURE", "write_bundle"]

FORMAT = "riskmap-evidence-bundle/2"
MANIFEST, SIGNATURE = "manifest.json", "signature.json"

_README = """\
选址安全审查证据包 · Evidence of a siting check

manifest.json 列出其余每个文件的 SHA-256；signature.json（若有）是对 manifest.json 的 Ed25519 签名。
复核：riskmap verify 本文件 [--public-key 公钥.pem]，离线按包内数据和规则重新计算，结果为“一致”或逐项列出差异。
layers/ 与 rasters/ 为图层摘录，足以得出相同结论；layers.json 记录完整图层的摘要。坐标系 CGCS2000（EPSG:4490）。
本证据包不构成法律意见。

manifest.json names the SHA-256 of every other file; signature.json, if there, is an Ed25519 signature of manifest.json.
To check: riskmap verify FILE [--public-key KEY.pem] computes everything again, offline, from the data and rules inside.
layers/ and rasters/ are extracts that lead to the same findings; layers.json has the digests of the whole layers.
Coordinates are CGCS2000 (EPSG:4490). This is no legal advice.
"""


def write_bundle(
    store: Store,
    result: Mapping[str, Any],
    subjects: gpd.GeoDataFrame,
    path: Path,
    *,
    packs: Iterable[Path] | None = None,
    overlays: Iterable[Path] = (),
    signing_key: Path | None = None,
) -> dict[str, Any]:
    """Write the evidence bundle of a decision and return its manifest.

    Parameters
    ----------
    store : Store
        The layers that were checked against.
    result : mapping
        As published by :func:`layers.siting.checks.check_subjects`.
    subjects : GeoDataFrame, EPSG:4490
        What was checked, row by row as in the result.
    path : Path
        The zip file to write.
    packs, overlays : iterable of Path
        The rule packs of the check: those of the product unless stated, then the user's.
    signing_key : Path, optional
        Ed25519 private key in PEM, without a password.

    Raises
    ------
    StoreError
        If the result does not follow from what the packs and the store hold now.
    NotAvailableError
        If the fonts of the map pictures have not been built.
    """
    require_fonts()
    rules = RuleFiles.of(packs, overlays)
    pack_of_rules = rules.load(advisory_counted=result["advisory_counted"])
    if pack_of_rules.version != result["rules_version"]:
        raise StoreError(
            f"the result has rules version {result['rules_version']}, the packs given have {pack_of_rules.version}: "
            "give the packs of the check, or check again",
            zh=f"结果的规则版本为 {result['rules_version']}，所给规则包为 {pack_of_rules.version}："
            "请给出检查所用的规则包，或重新检查",
        )
    extracts = cut_extracts(store, result, subjects, pack_of_rules)
    parts = {
        "README.txt": _README.encode(),
        **_input_parts(store, extracts, rules, result),
        **derive_parts(published(result), extracts),
    }
    manifest = _manifest(result, parts)
    head = {MANIFEST: json_bytes(manifest)}
    if signing_key is not None:
        head[SIGNATURE] = sign(head[MANIFEST], signing_key)
    write_whole(path, pack({**head, **dict(sorted(parts.items()))}))
    return manifest


def _input_parts(
    store: Store, extracts: Extracts, rules: RuleFiles, result: Mapping[str, Any]
) -> dict[str, bytes]:
    packs = rules.parts()
    digests = rule_digests(text.decode("utf-8-sig") for name, text in packs.items() if name.endswith(".toml"))
    applied = {finding["rule"] for proposal in result["proposals"] for finding in proposal["findings"]}
    order = {**rules.named(), "rules": {rule: digests[rule] for rule in sorted(applied)}}
    return {
        "subjects.geojson": extracts.subjects.encode(),
        **{f"layers/{layer}.geojson": text.encode() for layer, text in extracts.layers.items()},
        **{f"rasters/{kind}.tif": content for kind, content in extracts.rasters.items()},
        **packs,
        "layers.json": json_bytes(_describe_layers(store, extracts)),
        EXTENTS: write_extents(extracts.extents),
        "rules.json": json_bytes(order),
        "versions.json": json_bytes(_versions()),
    }


def _describe_layers(store: Store, extracts: Extracts) -> dict[str, Any]:
    near = {layer: layer_frame(layer, text) for layer, text in sorted(extracts.layers.items())}
    layers = {
        source.summary.slug: {
            "digest": source.summary.digest,
            "features": source.summary.count,
            "newest": None if source.summary.newest is None else source.summary.newest.isoformat(),
            "extract_features": len(near[source.summary.slug]),
            "extract_radius_m": extracts.radii_m[source.summary.slug],
            "sources": list(source.sources),
        }
        for source in describe_sources(store, near.items())
    }
    rasters = {
        kind: {"extract_radius_m": extracts.radii_m[f"raster {kind}"]} for kind in sorted(extracts.rasters)
    }
    return {"layers": layers, "rasters": rasters}


def _versions() -> dict[str, str]:
    libraries = ("geopandas", "numpy", "pandas", "pyproj", "shapely", "typst")
    return {
        "riskmap": code_version(),
        **{name: version(name) for name in libraries},
        "geos": shapely.geos_version_string,
        "proj": pyproj.proj_version_str,
    }


def _manifest(result: Mapping[str, Any], parts: Mapping[str, bytes]) -> dict[str, Any]:
    names = ("id", "name", "verdict", "conclusion")
    return {
        "format": FORMAT,
        "code_version": code_version(),
        **{
            name: result[name] for name in ("checked_on", "rules_version", "data_version", "advisory_counted")
        },
        "conclusions": [{name: each[name] for name in names} for each in result["proposals"]],
        "files": {
            name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
            for name, content in sorted(parts.items())
        },
    }
