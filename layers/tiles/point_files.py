"""Sorted lists of the features of large layers in files, so that a server that starts need not read the layers.

There is one file for each layer of a database; it says which content of the layer it was made from, and is made anew
when that has changed. It is written beside its place and moved there at once, so that nobody sees half of it, and
mapped, not read: what nobody looks at takes no memory. The files may be deleted at any time; those that no server has
read for long, as their database may be gone, are removed when another one is kept.
"""

import contextlib
import logging
import os
import tempfile
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pyarrow as pa

from layers.runs import code_version

__all__ = ["PointFiles"]

_log = logging.getLogger(__name__)

_UNREAD_S = 30 * 24 * 3600
"""Age from which a list that nobody reads is removed; it is made again in seconds. [s]"""

_OWN_NAMES = (f"*-{'[0-9a-f]' * 16}.arrow", "riskmap-*.part")
"""Lists, and what is left of those whose writing was cut off."""

_FORM = "1"
"""Changes with the columns of a list and with how they are made."""


@dataclass(frozen=True)
class PointFiles:
    """A folder of lists.

    Attributes
    ----------
    folder : Path
        Made when the first list is kept; the files are for its owner alone.
    database : str
        Address of the database, without a password.
    """

    folder: Path
    database: str

    def get(self, slug: str, digest: str) -> pa.Table | None:
        """Return the list of a layer with that digest; None where there is none."""
        path = self._path(slug)
        try:
            table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
        except (OSError, pa.ArrowInvalid):
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # read today
        return table if table.schema.metadata == _describe(digest) else None

    def put(self, slug: str, digest: str, table: pa.Table) -> None:
        """Keep the list of a layer in place of the former one; where that fails it is made again another day."""
        described = table.replace_schema_metadata(_describe(digest))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._remove_unread()
            with tempfile.NamedTemporaryFile(
                dir=self.folder, prefix="riskmap-", suffix=".part", delete=False
            ) as file:
                try:
                    with pa.ipc.new_file(file, described.schema) as writer:
                        writer.write_table(described)
                    file.close()
                    Path(file.name).replace(self._path(slug))
                except OSError:
                    with contextlib.suppress(OSError):
                        Path(file.name).unlink()
                    raise
        except OSError as error:
            _log.warning("places of %s not kept in %s: %s", slug, self.folder, error)

    def _remove_unread(self) -> None:
        oldest_s = time.time() - _UNREAD_S
        for path in (path for name in _OWN_NAMES for path in self.folder.glob(name)):
            with contextlib.suppress(OSError):  # another server may have removed it
                if path.stat().st_mtime < oldest_s:
                    path.unlink()

    def _path(self, slug: str) -> Path:
        return self.folder / f"{slug}-{sha256(self.database.encode()).hexdigest()[:16]}.arrow"


def _describe(digest: str) -> dict[bytes, bytes]:
    return {b"form": _FORM.encode(), b"code": code_version().encode(), b"layer": digest.encode()}
