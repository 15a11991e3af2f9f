"""Scripts, styles and pictures of the pages, held in memory as they are sent."""

import gzip
from functools import lru_cache
from os import PathLike, stat_result

from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

__all__ = ["HeldFiles"]

_HELD = 1_000
"""Files that are held at most; there are some 200."""


class HeldFiles(StaticFiles):
    """Files of a folder, each read and compressed once.

    A map asks for some 130 small modules before it can draw. Read in pieces by other threads and compressed for each
    reader, they took half of the server's work on a first map.
    """

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Return a file, compressed for those who take it; parts of files come from the disk."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        asked = Headers(scope=scope)
        whole = isinstance(response, FileResponse) and scope["method"] == "GET" and "range" not in asked
        if not whole or "gzip" not in asked.get("accept-encoding", ""):
            return response
        packed = _pack(str(full_path), stat_result.st_mtime_ns)
        kept = {name: response.headers[name] for name in ("content-type", "etag", "last-modified")}
        return Response(packed, status_code, {**kept, "content-encoding": "gzip", "vary": "Accept-Encoding"})


@lru_cache(maxsize=_HELD)
def _pack(path: str, _changed_ns: int) -> bytes:
    """Return a file compressed, as it was at that moment."""
    with open(path, "rb") as file:
        return gzip.compress(file.read(), mtime=0)
