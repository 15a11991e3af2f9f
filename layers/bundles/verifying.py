"""Checking evidence bundles offline: hashes, signature, and everything computed again from what is inside.

A bundle comes from somebody else: it is read in memory within limits, and of its files only rule packs (which are data)
and rasters are written to a temporary folder.
"""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from shapely.errors import ShapelyError

from geo.errors import RiskmapError
from geo.rules.schema import BUILT_IN_PACKS
from geo.text import Text
from layers.bundles.extracts import Extracts, differing_findings
from layers.bundles.frames import EXTENTS, read_extents
from layers.bundles.parts import derive_parts
from layers.bundles.rules import RuleFiles, rule_digests
from layers.bundles.signing import SIGNATURES, SignatureState, check_signature
from layers.bundles.writing import FORMAT, MANIFEST, SIGNATURE
from layers.errors import FormatError
from layers.formats.limits import open_archive
from layers.runs import code_version

__all__ = ["PARTS", "BundleReport", "Difference", "verify_bundle"]

PARTS: dict[str, Text] = {
    "file": Text(zh="文件", en="file"),
    "signature": Text(zh="签名", en="signature"),
    "rules": Text(zh="规则", en="rules"),
    "finding": Text(zh="检查结果", en="finding"),
    "evidence": Text(zh="量算依据", en="evidence"),
    "picture": Text(zh="地图图片", en="picture"),
    "bundle": Text(zh="证据包", en="bundle"),
}
"""Names of the parts of a bundle that may differ."""
_MAX_BYTES = 1024**3
"""Largest size of a bundle, unpacked. [B]"""


@dataclass(frozen=True)
class Difference:
    """One thing that is not as the bundle says.

    Attributes
    ----------
    part : str
        A key of :data:`PARTS`.
    name : str
        File, rule or ``plot / rule / field``.
    expected, found : object
        What the bundle states, and what was found or computed now.
    """

    part: str
    name: str
    expected: object
    found: object


@dataclass(frozen=True)
class BundleReport:
    """What came of checking a bundle.

    Attributes
    ----------
    bundle : str
        Name of the file.
    signature : SignatureState
    manifest : mapping
    differences : list of Difference
    notes : list of Text
        What does not count as a difference, but should be known.
    """

    bundle: str
    signature: SignatureState
    manifest: Mapping[str, Any]
    differences: list[Difference]
    notes: list[Text]

    @property
    def same(self) -> bool:
        """Whether everything is as the bundle says."""
        return not self.differences

    def to_dict(self) -> dict[str, Any]:
        """Return the report as published (JSON types)."""
        stated = ("checked_on", "rules_version", "data_version", "code_version", "conclusions")
        return {
            "bundle": self.bundle,
            "same": self.same,
            "signature": self.signature.value,
            "signature_said": asdict(SIGNATURES[self.signature]),
            **{name: self.manifest.get(name) for name in stated},
            "differences": [
                {**asdict(difference), "part_said": asdict(PARTS[difference.part])}
                for difference in self.differences
            ],
            "notes": [asdict(note) for note in self.notes],
        }


def verify_bundle(path: Path, public_key: Path | None = None) -> BundleReport:
    """Check a bundle: its signature, its hashes, and its findings computed again from its own extracts.

    Parameters
    ----------
    path : Path
    public_key : Path, optional
        Ed25519 public key in PEM that the bundle must be signed with.

    Raises
    ------
    FormatError
        If it is no bundle, broken, or unsafe to unpack.
    """
    files = _read_files(path)
    manifest = _read_manifest(path, files)
    state = check_signature(files[MANIFEST], files.get(SIGNATURE), public_key)
    notes: list[Text] = []
    differences = [
        *_check_state(state, public_key, notes),
        *_check_files(files, manifest),
        *_recompute(files, manifest, notes),
    ]
    return BundleReport(path.name, state, manifest, differences, notes)


def _read_files(path: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    with open_archive(path, _MAX_BYTES) as archive:
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            if entry.filename in files:
                raise _no_bundle(
                    path, f"has two files named {entry.filename!r}", f"其中有两个文件名为“{entry.filename}”"
                )
            try:
                files[entry.filename] = archive.read(entry)
            except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
                raise _no_bundle(
                    path, f"is broken at {entry.filename!r}: {error}", f"“{entry.filename}”已损坏（{error}）"
                ) from error
    return files


def _read_manifest(path: Path, files: Mapping[str, bytes]) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(files[MANIFEST])
        known = manifest["format"] == FORMAT and isinstance(manifest["files"], dict)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise _no_bundle(path, f"has no {MANIFEST} that can be read", f"没有可读的 {MANIFEST}") from error
    if not known:
        given = manifest["format"]
        raise _no_bundle(
            path, f"has a format that is not known here: {given!r}", f"其格式 {given!r} 不能识别"
        )
    return manifest


def _no_bundle(path: Path, problem: str, zh: str) -> FormatError:
    return FormatError(f"{path.name} is no evidence bundle: it {problem}", zh=f"{path.name} 不是证据包：{zh}")


def _check_state(state: SignatureState, public_key: Path | None, notes: list[Text]) -> Iterator[Difference]:
    if state is SignatureState.UNSIGNED and public_key is None:
        notes.append(
            Text(
                en="not signed: hashes show damage, but not who made the bundle",
                zh="未签名：校验值能发现损坏，但不能证明由谁出具",
            )
        )
    elif state is SignatureState.ENCLOSED_KEY:
        notes.append(
            Text(
                en="signed with the key inside the bundle: give the public key of who should have signed it",
                zh="仅按包内公钥验签，来源未确认：请提供出具单位的公钥",
            )
        )
    elif state is not SignatureState.VALID:
        yield Difference("signature", SIGNATURE, SignatureState.VALID.value, state.value)


def _check_files(files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> Iterator[Difference]:
    there = files.keys() - {MANIFEST, SIGNATURE}
    for name in sorted(there | manifest["files"].keys()):
        stated = manifest["files"].get(name)
        expected = None if stated is None else stated["sha256"]
        found = hashlib.sha256(files[name]).hexdigest() if name in there else None
        if found != expected:
            yield Difference("file", name, expected, found)


def _recompute(
    files: Mapping[str, bytes], manifest: Mapping[str, Any], notes: list[Text]
) -> list[Difference]:
    try:
        stated = json.loads(files["findings.json"])
        extracts = _read_extracts(files)
        with TemporaryDirectory() as folder:
            counted = stated.get("advisory_counted") is True
            rules = _unpack_rules(files, Path(folder)).load(advisory_counted=counted)
        again = extracts.answer(
            on=date.fromisoformat(stated["checked_on"]), pack=rules, data_version=stated["data_version"]
        )
        parts = derive_parts({**stated, **again}, extracts)
        return [
            *_check_statements(stated, manifest, rules.version),
            *(
                Difference("finding", " / ".join(filter(None, (plot, rule, field))), old, new)
                for plot, rule, field, old, new in differing_findings(stated, again)
            ),
            *_compare("awaiting_confirmation", stated, again),
            *_check_parts(files, parts),
            *_check_rules(files, notes),
        ]
    except (
        RiskmapError,
        ShapelyError,
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        OSError,
        RecursionError,
    ) as error:
        return [
            Difference("bundle", "findings.json", "can be computed again", f"{type(error).__name__}: {error}")
        ]


def _read_extracts(files: Mapping[str, bytes]) -> Extracts:
    layers, rasters = (
        {PurePosixPath(name).stem: files[name] for name in files if PurePosixPath(name).match(pattern)}
        for pattern in ("layers/*.geojson", "rasters/*.tif")
    )
    texts = {layer: content.decode() for layer, content in layers.items()}
    return Extracts(files["subjects.geojson"].decode(), texts, rasters, {}, read_extents(files[EXTENTS]))


def _unpack_rules(files: Mapping[str, bytes], folder: Path) -> RuleFiles:
    """Write the rule packs into a folder; only names of three plain parts get there."""
    for name, content in files.items():
        parts = PurePosixPath(name).parts
        if len(parts) == 3 and parts[0] == "rules" and "\\" not in name:
            target = folder.joinpath(*parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    order = json.loads(files["rules.json"])
    packs, overlays = (
        tuple(folder / name for name in order[key] if name in files) for key in ("packs", "overlays")
    )
    return RuleFiles(packs, overlays)


def _check_statements(
    stated: Mapping[str, Any], manifest: Mapping[str, Any], rules_version: str
) -> Iterator[Difference]:
    """Compare the versions and conclusions of manifest and findings, and the version of the rules inside."""
    if stated["rules_version"] != rules_version:
        yield Difference("rules", "rules_version", stated["rules_version"], rules_version)
    for name in ("checked_on", "rules_version", "data_version"):
        if manifest.get(name) != stated[name]:
            yield Difference("bundle", f"{MANIFEST}: {name}", manifest.get(name), stated[name])
    conclusions = [
        {name: each[name] for name in ("id", "name", "verdict", "conclusion")} for each in stated["proposals"]
    ]
    if manifest.get("conclusions") != conclusions:
        yield Difference("bundle", f"{MANIFEST}: conclusions", manifest.get("conclusions"), conclusions)


def _compare(name: str, stated: Mapping[str, Any], again: Mapping[str, Any]) -> Iterator[Difference]:
    if stated[name] != again[name]:
        yield Difference("finding", name, stated[name], again[name])


def _check_parts(files: Mapping[str, bytes], parts: Mapping[str, bytes]) -> Iterator[Difference]:
    """Compare evidence and pictures with what follows from the inputs now; findings were compared by field."""
    for name, content in parts.items():
        if name != "findings.json" and files.get(name) != content:
            old = None if name not in files else hashlib.sha256(files[name]).hexdigest()
            yield Difference(
                "picture" if name.startswith("maps/") else "evidence",
                name,
                old,
                hashlib.sha256(content).hexdigest(),
            )


def _check_rules(files: Mapping[str, bytes], notes: list[Text]) -> Iterator[Difference]:
    """Compare the hashes of rules with their texts; note which read otherwise in the product today."""
    inside = rule_digests(
        files[name].decode("utf-8-sig")
        for name in files
        if name.startswith("rules/") and name.endswith(".toml")
    )
    today = rule_digests(path.read_text(encoding="utf-8") for path in sorted(BUILT_IN_PACKS.glob("*.toml")))
    for rule, digest in json.loads(files["rules.json"])["rules"].items():
        if inside.get(rule) != digest:
            yield Difference("rules", rule, digest, inside.get(rule))
        elif rule not in today:
            notes.append(
                Text(en=f"rule {rule} is not in the product today", zh=f"规则 {rule} 不在当前版本中")
            )
        elif today[rule] != digest:
            notes.append(Text(en=f"rule {rule} reads otherwise today", zh=f"规则 {rule} 在当前版本中已变更"))
    made_with = json.loads(files["versions.json"])["riskmap"]
    if made_with != code_version():
        now = code_version()
        notes.append(
            Text(
                en=f"made with version {made_with}, checked with {now}",
                zh=f"出具时程序版本为 {made_with}，核验时为 {now}",
            )
        )
