"""Zip packages with the same bytes for the same parts: fixed times, fixed order, fixed packing."""

import io
import re
import zipfile
from collections.abc import Mapping

__all__ = ["pack", "repack"]

_MOMENT = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip entry can have; no clock gets in."""

_READABLE = 0o644 << 16
_UNIX = 3
_TIMES = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:(?:created|modified)>)")
_NO_TIME = rb"\g<1>1980-01-01T00:00:00Z\g<3>"


def pack(parts: Mapping[str, bytes]) -> bytes:
    """Return a zip archive of parts, in the order given."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, _MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            # The writer's own system must not show: it would differ between machines.
            entry.create_system, entry.external_attr = _UNIX, _READABLE
            archive.writestr(entry, content, compresslevel=9)
    return sink.getvalue()


def repack(package: bytes) -> bytes:
    """Return an Office package without the times that its writer put in."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    core = "docProps/core.xml"
    if core in parts:
        parts[core] = _TIMES.sub(_NO_TIME, parts[core])
    return pack(parts)
