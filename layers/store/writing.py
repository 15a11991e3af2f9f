"""One write to one layer: which features are new, changed, unchanged, and the rows that follow from it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, bindparam, func, select, update

from geo.progress import Progress
from layers.errors import ConflictError, FeatureError, NotFoundError
from layers.store.batch import Batch
from layers.store.dialects.common import DatabaseDialect
from layers.store.reading import conditions, current
from layers.store.records import WriteResult
from layers.store.schema import LAYER_STATE, PARTITION_KEYS, layer_table
from layers.store.summary import Change, dump_summary, kept_summary, summarise_layer

__all__ = [
    "OnExisting",
    "Stored",
    "close_feature",
    "drop_rows",
    "find_current",
    "lock_layer",
    "require_version",
    "write_batch",
]

OnExisting = Literal["supersede", "refuse", "skip_same"]
"""What to do with ids that are there already: take the new content, refuse any, refuse other content."""

_SHOWN = 5


@dataclass(frozen=True)
class Stored:
    """The latest version of a stored feature."""

    fid: int
    id: str
    version: int
    valid_from: datetime
    valid_to: datetime | None
    digest: str

    @property
    def is_current(self) -> bool:
        """Whether it has not ended."""
        return self.valid_to is None


def lock_layer(connection: Connection, slug: str) -> str:
    """Return the digest of a layer, and let other writers of it wait until this transaction ends."""
    row = select(LAYER_STATE.c.digest).where(LAYER_STATE.c.layer == slug).with_for_update()
    digest: str = connection.execute(row).scalar_one()
    return digest


def find_current(connection: Connection, slug: str, feature_id: str) -> Stored | None:
    """Return the current version of a feature, or ``None``."""
    table = layer_table(slug)
    return _find(connection, slug, (table.c.id == feature_id) & current(table)).get(feature_id)


def require_version(slug: str, feature_id: str, found: Stored | None, expected_version: int | None) -> None:
    """Refuse a change made from another version than the stored one.

    Parameters
    ----------
    slug, feature_id : str
    found : Stored or None
        The current version.
    expected_version : int or None
        What the change was made from; ``None`` for a new feature.

    Raises
    ------
    NotFoundError
        If a version is expected and the feature is not there.
    ConflictError
        If the current version is another one, or there is one although the feature should be new.
    """
    if found is None:
        if expected_version is None:
            return
        raise not_found(slug, feature_id)
    if found.version != expected_version:
        expected = "a new feature" if expected_version is None else f"version {expected_version}"
        expected_zh = "新要素" if expected_version is None else f"版本 {expected_version}"
        raise ConflictError(
            f"feature {feature_id!r} of layer {slug} is at version {found.version}, the change expects {expected}; "
            "read it again and repeat the change",
            zh=f"图层 {slug} 的要素“{feature_id}”现为版本 {found.version}，而修改基于{expected_zh}；"
            "请重新读取后再修改",
        )


def not_found(slug: str, feature_id: str) -> NotFoundError:
    """Return the error for a feature that is not there."""
    return NotFoundError(
        f"layer {slug} has no feature {feature_id!r} at that time",
        zh=f"图层 {slug} 在该时间没有编号为“{feature_id}”的要素",
    )


def write_batch(
    connection: Connection,
    dialect: DatabaseDialect,
    batch: Batch,
    *,
    moment: datetime | None,
    on_existing: OnExisting,
    replacing: Mapping[str, object] | None,
    progress: Progress,
) -> WriteResult:
    """Write features; see `Store.write`."""
    slug, table = batch.layer.slug, layer_table(batch.layer.slug)
    digest = lock_layer(connection, slug)
    moment = moment or datetime.now(UTC)  # after the wait for other writers: their versions came before
    stored = _find_latest(connection, slug, dialect.is_among(table.c.id, batch.ids))
    written = [row for row in range(len(batch)) if not _is_same(batch, row, stored)]
    _refuse_existing(batch, stored, written, on_existing)
    new = batch.take(written)
    before = [stored.get(feature_id) for feature_id in new.ids]
    _set_clock(new, before, moment)
    starts = zip(before, new.columns["valid_from"], strict=True)
    old = [(found, start) for found, start in starts if found is not None and found.is_current]
    gone = (
        [] if replacing is None else _find_gone(connection, batch, conditions(dialect, slug, where=replacing))
    )
    change = Change(summarise_layer(connection, dialect, slug, digest), new)
    _end(connection, slug, [*old, *((found, moment) for found in gone)], change)
    dialect.insert_batch(connection, table, new, progress)
    added = (f"+{feature_id}\0{content}" for feature_id, content in zip(new.ids, new.digests, strict=True))
    _advance(connection, slug, digest, [*added, *(f"-{found.id}" for found in gone)], moment, change)
    progress(1.0, f"{slug}: {len(new)} of {len(new)} features written")
    return WriteResult(len(new) - len(old), len(old), len(batch) - len(new), len(gone))


def close_feature(connection: Connection, slug: str, found: Stored) -> None:
    """End a feature now, without a successor."""
    digest = lock_layer(connection, slug)
    moment = datetime.now(UTC)
    change = Change(kept_summary(connection, slug, digest))
    _end(connection, slug, [(found, moment)], change)
    _advance(connection, slug, digest, [f"-{found.id}"], moment, change)


def drop_rows(connection: Connection, dialect: DatabaseDialect, slug: str, keys: Mapping[str, object]) -> int:
    """Remove the rows of one partition for good and return how many there were; see `Store.drop_partition`."""
    table = layer_table(slug)
    digest = lock_layer(connection, slug)
    mine = [table.c[name] == keys[name] for name in PARTITION_KEYS[slug]]
    count = connection.scalar(select(func.count()).select_from(table).where(*mine)) or 0
    dialect.drop_partition(connection, table, keys)
    if count:
        told = " ".join(f"{name}={keys[name]}" for name in PARTITION_KEYS[slug])
        _advance(connection, slug, digest, [f"-{told}"], datetime.now(UTC), Change(None))
    return count


def _find(connection: Connection, slug: str, condition: ColumnElement[bool]) -> dict[str, Stored]:
    c = layer_table(slug).c
    query = select(c.fid, c.id, c.version, c.valid_from, c.valid_to, c.content_digest).where(condition)
    return {row.id: Stored(*row) for row in connection.execute(query)}


def _find_latest(connection: Connection, slug: str, among: ColumnElement[bool]) -> dict[str, Stored]:
    table = layer_table(slug)
    other = table.alias()
    latest = select(func.max(other.c.version)).where(other.c.id == table.c.id).scalar_subquery()
    return _find(connection, slug, among & (table.c.version == latest))


def _find_gone(connection: Connection, batch: Batch, replaced: ColumnElement[bool]) -> list[Stored]:
    kept = set(batch.ids)
    there = _find(connection, batch.layer.slug, replaced)
    return [there[feature_id] for feature_id in sorted(there.keys() - kept)]


def _is_same(batch: Batch, row: int, stored: dict[str, Stored]) -> bool:
    found = stored.get(batch.ids[row])
    return found is not None and found.is_current and found.digest == batch.digests[row]


def _refuse_existing(
    batch: Batch, stored: dict[str, Stored], written: Sequence[int], on_existing: OnExisting
) -> None:
    if on_existing == "supersede":
        return
    rows = range(len(batch)) if on_existing == "refuse" else written
    there = [row for row in rows if (found := stored.get(batch.ids[row])) is not None and found.is_current]
    if there:
        named = ", ".join(f"row {row + 1} (id {batch.ids[row]!r})" for row in there[:_SHOWN])
        named_zh = "、".join(f"第 {row + 1} 行（编号 {batch.ids[row]}）" for row in there[:_SHOWN])
        how, how_zh = ("", "") if on_existing == "refuse" else (" with other content", "且内容不同")
        raise FeatureError(
            f"layer {batch.layer.slug} already has {len(there)} of these features{how}: {named}",
            zh=f"图层 {batch.layer.slug} 中已有 {len(there)} 个同编号要素{how_zh}：{named_zh}",
        )


def _set_clock(new: Batch, before: Sequence[Stored | None], moment: datetime) -> None:
    """Give rows their start and version, both later than what they follow."""
    starts = new.columns["valid_from"]
    for row, found in enumerate(before):
        starts[row] = starts[row] or moment
        new.columns["version"][row] = 1 if found is None else found.version + 1
        if found is not None and found.valid_to is not None and starts[row] < found.valid_to:
            raise _too_early(new.layer.slug, found.id, starts[row], found.valid_to)


def _end(connection: Connection, slug: str, ended: Iterable[tuple[Stored, datetime]], change: Change) -> None:
    rows: list[dict[str, Any]] = []
    for found, end in ended:
        if end <= found.valid_from:
            raise _too_early(slug, found.id, end, found.valid_from)
        rows.append({"ended_fid": found.fid, "end": end})
    change.end(connection, [row["ended_fid"] for row in rows])
    if rows:
        table = layer_table(slug)
        close = update(table).where(table.c.fid == bindparam("ended_fid")).values(valid_to=bindparam("end"))
        connection.execute(close, rows)


def _too_early(slug: str, feature_id: str, moment: datetime, stored: datetime) -> FeatureError:
    return FeatureError(
        f"layer {slug}, feature {feature_id!r}: a version from {moment.isoformat()} is not later than the stored "
        f"one from {stored.isoformat()}; give a later valid_from",
        zh=f"图层 {slug} 的要素“{feature_id}”：新版本的生效时间 {moment.isoformat()} 不晚于已存版本的"
        f" {stored.isoformat()}，请给出更晚的生效时间",
    )


def _advance(
    connection: Connection, slug: str, digest: str, items: Sequence[str], moment: datetime, change: Change
) -> None:
    """Chain the digest of what was written to the layer's; without content nothing changes."""
    if not items:
        return
    content = hashlib.sha256("\n".join(items).encode()).hexdigest()
    chained = hashlib.sha256((digest + content).encode()).hexdigest()
    figures = change.figures(chained)
    connection.execute(
        update(LAYER_STATE)
        .where(LAYER_STATE.c.layer == slug)
        .values(
            digest=chained,
            revision=LAYER_STATE.c.revision + 1,
            updated_at=moment,
            figures=None if figures is None else dump_summary(figures),
        )
    )
