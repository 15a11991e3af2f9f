"""Files that are written as a whole, or stay as they were; what keeps one from being written names it."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["write_whole", "writing_whole"]


@contextmanager
def writing_whole(path: Path) -> Iterator[Path]:
    """Yield a path of the same name in a folder beside a file; what is written there takes its place at the end.

    Files that the writer puts beside the first one go along with it.

    Raises
    ------
    OSError
        With the name of the wanted file and the reason (a full disk, no permission, no such folder), whichever of its
        parts could not be written.
    """
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".riskmap-") as scratch:
            yield Path(scratch) / path.name
            for file in sorted(Path(scratch).iterdir()):
                os.replace(file, path.parent / file.name)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OSError(error.errno or errno.EIO, reason, str(path)) from error


def write_whole(path: Path, content: bytes) -> None:
    """Write a file as a whole.

    Raises
    ------
    OSError
        As :func:`writing_whole`.
    """
    with writing_whole(path) as part:
        part.write_bytes(content)
