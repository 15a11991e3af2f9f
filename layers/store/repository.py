"""The store: layers in a database, written in versions and read as frames or GeoJSON."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import geopandas as gpd
import pandas as pd
from sqlalchemy import Connection, select

from geo.progress import Progress, say_nothing, stage
from geo.rules.expression import Condition
from layers.catalog import LAYERS, get_layer
from layers.errors import NotFoundError
from layers.store.batch import make_batch
from layers.store.database import Database
from layers.store.dialects.common import Bounds
from layers.store.features import frame_of, merge_changes, to_features
from layers.store.migrations import check_revision
from layers.store.reading import (
    conditions,
    count_features,
    find_largest,
    find_repeated,
    read_classes,
    read_frame,
)
from layers.store.records import Hit, LayerSummary, Run, WriteResult
from layers.store.runs import find_run, insert_run
from layers.store.schema import LAYER_STATE, RUNS, layer_table
from layers.store.search import SEARCHED_LAYERS, search_layers
from layers.store.summary import summarise_layer
from layers.store.values import as_utc, check_text
from layers.store.writing import (
    OnExisting,
    close_feature,
    drop_rows,
    find_current,
    lock_layer,
    not_found,
    require_version,
    write_batch,
)

__all__ = ["Store"]

_T = TypeVar("_T")

_REMEMBERED = 512
"""So many things found out about layers are kept."""


class Store:
    """Layers in one database; safe to use from several threads.

    Features are never deleted. A change writes a new version and sets ``valid_to`` of the old one, so that every
    past state can be read with ``at``. Each writing method is one transaction: all of it or nothing.

    Open one with :meth:`open`; it is a context manager that closes itself.
    """

    def __init__(self, database: Database, raster_folders: Sequence[Path] | None = None) -> None:
        self._database = database
        self.raster_folders = None if raster_folders is None else tuple(raster_folders)
        self._summaries: dict[str, LayerSummary] = {}
        self._found: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def open(cls, url: str, raster_folders: Sequence[Path] | None = None) -> Self:
        """Return the store of a database.

        Parameters
        ----------
        url : str
            ``sqlite:///PATH`` or ``postgresql+psycopg://user:password@host/database``.
        raster_folders : sequence of Path, optional
            The only folders, besides that of the samples, in which files of the layer ``rasters`` may lie; the first
            is where computed ones are kept. None: any, and none are kept.

        Raises
        ------
        StoreError
            If the address is wrong, the database cannot be reached, or its tables are not at this version.
        """
        database = Database(url)
        try:
            with database.reading() as connection:
                check_revision(connection, database.url_display)
        except BaseException:
            database.close()
            raise
        return cls(database, raster_folders)

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url_display(self) -> str:
        """The address of the database without its password."""
        return self._database.url_display

    @property
    def is_writable(self) -> bool:
        """Whether the database may be written; if not, every writing method raises `ReadOnlyError`."""
        return self._database.is_writable

    def require_writable(self) -> None:
        """Raise `ReadOnlyError` if the database cannot be written: said before a long action, not at its end."""
        self._database.require_writable()

    # Writing

    def write(
        self,
        layer: str,
        frame: gpd.GeoDataFrame,
        *,
        on_existing: OnExisting = "supersede",
        replacing: Mapping[str, object] | None = None,
        moment: datetime | None = None,
        progress: Progress | None = None,
    ) -> WriteResult:
        """Write features in bulk.

        Parameters
        ----------
        layer : str
            Slug of the layer.
        frame : GeoDataFrame
            EPSG:4490; columns are fields of the layer. ``valid_from`` may be given; ``valid_to`` and ``version``
            are the store's. Features without ``id`` get one from source and content.
        on_existing : {"supersede", "refuse", "skip_same"}
            What happens to features that are there already: other content makes a new version and equal content
            changes nothing; any is an error; other content is an error and equal content changes nothing.
        replacing : mapping, optional
            The frame is all there is of the features with these values (as ``where`` of :meth:`read`; ``{}`` means
            the whole layer): those that it does not hold end at ``moment``, in the same transaction.
        moment : datetime, optional
            Start of the new versions where the frame has none; default now.
        progress : callable, optional
            Called with the part written and a message; an error raised in it leaves the database as it was.

        Raises
        ------
        UnknownLayerError, UnknownFieldError
            If the layer or a column is unknown.
        CrsError, GeometryError
            If the frame is not in EPSG:4490 or has no geometry column.
        FeatureError
            If a feature does not fit the layer, an id occurs twice, or a version would start before the stored one.
        StoreError
            If the database fails; nothing is written then.
        """
        say = progress or say_nothing
        batch = make_batch(get_layer(layer), frame, stage(say, 0.0, 0.3))
        with self._database.writing() as connection:
            return write_batch(
                connection,
                self._database.dialect,
                batch,
                moment=None if moment is None else as_utc(moment),
                on_existing=on_existing,
                replacing=replacing,
                progress=stage(say, 0.3, 1.0),
            )

    def write_feature(
        self, layer: str, feature: Mapping[str, Any], *, expected_version: int | None
    ) -> dict[str, Any]:
        """Write one feature and return it as stored.

        Parameters
        ----------
        layer : str
        feature : dict
            GeoJSON feature in EPSG:4490.
        expected_version : int or None
            Version that the feature replaces; ``None`` when it must be new.

        Raises
        ------
        ConflictError
            If the stored version is another one.
        NotFoundError
            If a version is expected and there is none.
        FeatureError, GeometryError, UnknownFieldError
            If the feature does not fit the layer.
        """
        with self._database.writing() as connection:
            return self._write_one(connection, layer, feature, expected_version)

    def patch_feature(
        self, layer: str, id: str, changes: Mapping[str, Any], *, expected_version: int
    ) -> dict[str, Any]:
        """Change parts of a feature and return it as stored.

        Parameters
        ----------
        layer, id : str
        changes : dict
            GeoJSON feature with the ``geometry``, the ``properties``, or both, that change.
        expected_version : int
            Version that the changes were made from.

        Raises
        ------
        ConflictError
            If the stored version is another one.
        NotFoundError
            If there is no such feature.
        FeatureError, GeometryError, UnknownFieldError
            If the changed feature does not fit the layer.
        """
        with self._database.writing() as connection:
            lock_layer(connection, get_layer(layer).slug)
            stored = self._feature(connection, layer, id)
            return self._write_one(connection, layer, merge_changes(stored, changes), expected_version)

    def supersede_feature(self, layer: str, id: str, *, expected_version: int) -> None:
        """End a feature now; its versions stay.

        Raises
        ------
        ConflictError
            If the stored version is another one.
        NotFoundError
            If there is no such feature.
        """
        slug = get_layer(layer).slug
        with self._database.writing() as connection:
            lock_layer(connection, slug)
            found = find_current(connection, slug, check_text(id))
            if found is None:
                raise not_found(slug, id)
            require_version(slug, id, found, expected_version)
            close_feature(connection, slug, found)

    def drop_partition(self, layer: str, keys: Mapping[str, object]) -> int:
        """Remove the rows of one partition of a layer for good, and return how many there were.

        Only layers of computed results that can be computed again have partitions; their rows keep no history worth
        its space.

        Parameters
        ----------
        layer : str
            One of :data:`layers.store.schema.PARTITION_KEYS`.
        keys : mapping
            A value for each of its fields.
        """
        slug = get_layer(layer).slug
        with self._database.writing() as connection:
            return drop_rows(connection, self._database.dialect, slug, keys)

    # Reading

    @contextmanager
    def one_state(self) -> Iterator[None]:
        """Let this thread read one state of the data, and through one connection, until the block is left.

        What it writes within the block goes its own way, and is not seen in it.
        """
        with self._database.reading():
            yield

    def read(
        self,
        layer: str,
        *,
        bounds: Bounds | None = None,
        where: Mapping[str, object] | None = None,
        ids: Sequence[str] | None = None,
        at: datetime | None = None,
        counts: Condition | None = None,
        columns: Iterable[str] | None = None,
        after: str | None = None,
        limit: int | None = None,
        offset: int = 0,
        progress: Progress | None = None,
    ) -> gpd.GeoDataFrame:
        """Return features of a layer, ordered by id.

        Parameters
        ----------
        layer : str
            Slug of the layer.
        bounds : tuple of float, optional
            West, south, east, north: only features that have a point in common with this rectangle. [°]
        where : mapping, optional
            Fields and the values they must have; a list means any of them, ``None`` that the value is missing.
        ids : sequence of str, optional
            Only these features.
        at : datetime, optional
            The state at that moment; default the current versions.
        counts : Condition, optional
            Only features that meet this condition of a rule, or may meet it.
        columns : iterable of str, optional
            Fields to read besides ``id`` and the geometry; default all.
        after : str, optional
            Only features whose id comes after this one. Pages that begin after the last id of the page before hold each
            feature once, whatever is added or removed between two readings.
        limit, offset : int, optional
            How many features, and how many to pass over.
        progress : callable, optional
            Called with the part read and a message; an error raised in it ends the reading.

        Returns
        -------
        GeoDataFrame
            EPSG:4490, geometry column ``geom``; missing values are ``None``, ``NaN`` or ``NA``, never 0.

        Raises
        ------
        UnknownLayerError, UnknownFieldError, FeatureError, OutOfRangeError, StoreError
        """
        condition = conditions(
            self._database.dialect,
            layer,
            bounds=bounds,
            where=where,
            ids=ids,
            at=at,
            counts=counts,
            after=after,
        )
        with self._database.reading() as connection:
            return read_frame(
                connection,
                self._database.dialect,
                layer,
                condition,
                columns=columns,
                limit=limit,
                offset=offset,
                progress=progress,
            )

    def count(
        self,
        layer: str,
        *,
        bounds: Bounds | None = None,
        where: Mapping[str, object] | None = None,
        at: datetime | None = None,
        counts: Condition | None = None,
        at_most: int | None = None,
    ) -> int:
        """Return how many features :meth:`read` would give; counting stops at ``at_most``."""
        condition = conditions(
            self._database.dialect, layer, bounds=bounds, where=where, at=at, counts=counts
        )
        with self._database.reading() as connection:
            return count_features(connection, layer, condition, at_most)

    def classes(self, layer: str, fields: Sequence[str], at_most: int) -> pd.DataFrame | None:
        """Return each combination of values that the features of a layer have; None where there are more than so many.

        Rows are in no particular order.
        """
        names = [get_layer(layer).field(name).name for name in fields]
        with self._database.reading() as connection:
            return read_classes(connection, get_layer(layer).slug, names, at_most)

    def largest(self, layer: str, fields: Sequence[str]) -> float:
        """Return the largest number that features of a layer have in any of some fields; 0 where there is none."""
        names = [get_layer(layer).field(name).name for name in fields]
        with self._database.reading() as connection:
            return find_largest(connection, get_layer(layer).slug, names) if names else 0.0

    def repeated(self, layer: str, field: str) -> frozenset[Any]:
        """Return the values of a field that more than one feature of a layer has."""
        name = get_layer(layer).field(field).name
        with self._database.reading() as connection:
            return find_repeated(connection, get_layer(layer).slug, name)

    def remember(self, layer: str, name: Hashable, find: Callable[[], _T], digest: str | None = None) -> _T:
        """Return what was found out about the content of a layer before; else find it out.

        ``digest`` is that of the layer, where it is known.
        """
        key = (layer, digest or self.layer_digest(layer), name)
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]  # type: ignore[no-any-return]  # what the same name gave
        found = find()
        with self._lock:
            self._found[key] = found
            while len(self._found) > _REMEMBERED:
                self._found.popitem(last=False)
        return found

    def ask(self, question: Callable[[Connection], _T]) -> _T:
        """Return what a function finds through one reading connection."""
        with self._database.reading() as connection:
            return question(connection)

    def summary(self, layer: str) -> LayerSummary:
        """Return the current features of a layer in figures."""
        digest = self.layer_digest(layer)
        with self._database.reading() as connection:
            return self._summary(connection, get_layer(layer).slug, digest)

    def feature(self, layer: str, id: str, at: datetime | None = None) -> dict[str, Any]:
        """Return one feature as GeoJSON.

        Raises
        ------
        NotFoundError
            If there is none, or was none at that moment.
        """
        with self._database.reading() as connection:
            return self._feature(connection, layer, id, at)

    def versions(self, layer: str, id: str) -> list[dict[str, Any]]:
        """Return all versions of a feature as GeoJSON, the oldest first.

        Raises
        ------
        NotFoundError
            If there never was such a feature.
        """
        slug = get_layer(layer).slug
        with self._database.reading() as connection:
            frame = read_frame(
                connection, self._database.dialect, slug, layer_table(slug).c.id == check_text(id)
            )
        if frame.empty:
            raise not_found(slug, id)
        return to_features(frame)

    def search(self, text: str, layers: Iterable[str] | None = None, limit: int = 20) -> list[Hit]:
        """Return current features whose name or id contains a text; the closest first.

        Parameters
        ----------
        text : str
            Taken as it is: ``%`` and ``_`` have no meaning. Latin capitals and small letters are the same.
        layers : iterable of str, optional
            Layers to search; default those that people fill (no findings, no grids).
        limit : int
        """
        slugs = SEARCHED_LAYERS if layers is None else [get_layer(slug).slug for slug in layers]
        with self._database.reading() as connection:
            return search_layers(connection, text, slugs, limit)

    def summaries_of(self, layers: Iterable[str]) -> dict[str, LayerSummary]:
        """Return the current features of some layers in figures, by slug, in the order asked for."""
        slugs = [get_layer(layer).slug for layer in layers]
        query = select(LAYER_STATE.c.layer, LAYER_STATE.c.digest).where(LAYER_STATE.c.layer.in_(slugs))
        with self._database.reading() as connection:
            digests = {row.layer: row.digest for row in connection.execute(query)}
            return {slug: self._summary(connection, slug, digests[slug]) for slug in slugs}

    def summaries(self) -> list[LayerSummary]:
        """Return every layer's current features in figures, in the order of the catalogue."""
        with self._database.reading() as connection:
            states = connection.execute(select(LAYER_STATE.c.layer, LAYER_STATE.c.digest))
            digests = {row.layer: row.digest for row in states}
            return [self._summary(connection, slug, digests[slug]) for slug in LAYERS]

    def layer_digest(self, layer: str) -> str:
        """Return the digest of a layer's content.

        Every write that changes content chains its content to it. No clock is in it: the same content written in
        the same order gives the same digest in any database.
        """
        return self.layer_digests([layer])[layer]

    def layer_digests(self, layers: Iterable[str]) -> dict[str, str]:
        """Return the digests of some layers' content by slug, all of one moment."""
        slugs = [get_layer(layer).slug for layer in layers]
        states = select(LAYER_STATE.c.layer, LAYER_STATE.c.digest).where(LAYER_STATE.c.layer.in_(slugs))
        with self._database.reading() as connection:
            return {row.layer: row.digest for row in connection.execute(states)}

    def data_version(self, layers: Iterable[str]) -> str:
        """Return 16 hexadecimal digits that change when one of these layers does."""
        digests = sorted(self.layer_digests(layers).items())
        return hashlib.sha256("\n".join(f"{slug} {digest}" for slug, digest in digests).encode()).hexdigest()[
            :16
        ]

    # Runs

    def record_run(self, run: Run) -> None:
        """Keep a run. A run that is there already with the same content stays as it is.

        Raises
        ------
        ConflictError
            If another run has the same id.
        """
        dated = replace(run, created_at=as_utc(run.created_at or datetime.now(UTC)))
        with self._database.writing() as connection:
            insert_run(connection, dated)

    def run(self, id: str) -> Run:
        """Return a run.

        Raises
        ------
        NotFoundError
            If there is none of that id.
        """
        with self._database.reading() as connection:
            found = find_run(connection, RUNS.c.id == id)
        if found is None:
            raise NotFoundError(f"there is no run {id!r}", zh=f"没有编号为“{id}”的运行")
        return found

    def latest_run(self, kind: str) -> Run | None:
        """Return the run of a kind that was recorded last, or ``None``."""
        with self._database.reading() as connection:
            return find_run(connection, RUNS.c.kind == kind)

    # One feature inside a transaction

    def _feature(
        self, connection: Connection, layer: str, id: str, at: datetime | None = None
    ) -> dict[str, Any]:
        slug, dialect = get_layer(layer).slug, self._database.dialect
        wanted = conditions(dialect, slug, where={"id": id}, at=at)
        frame = read_frame(connection, dialect, slug, wanted)
        if frame.empty:
            raise not_found(slug, id)
        return to_features(frame)[0]

    def _write_one(
        self, connection: Connection, layer: str, feature: Mapping[str, Any], expected_version: int | None
    ) -> dict[str, Any]:
        kind = get_layer(layer)
        batch = make_batch(kind, frame_of(kind, feature))
        lock_layer(connection, kind.slug)
        id = batch.ids[0]
        require_version(kind.slug, id, find_current(connection, kind.slug, id), expected_version)
        write_batch(
            connection,
            self._database.dialect,
            batch,
            moment=None,
            on_existing="supersede",
            replacing=None,
            progress=say_nothing,
        )
        return self._feature(connection, kind.slug, id)

    def _summary(self, connection: Connection, slug: str, digest: str) -> LayerSummary:
        """Return the figures of a layer, counted once for each state of its content."""
        with self._lock:
            known = self._summaries.get(slug)
        if known is None or known.digest != digest:
            known = summarise_layer(connection, self._database.dialect, slug, digest)
            with self._lock:
                self._summaries[slug] = known
        return known
