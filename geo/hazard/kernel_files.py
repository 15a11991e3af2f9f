"""Kernels in files: what was computed once need not be computed again, in another process or on another day.

A file is named by a digest of everything that its kernel depends on: the order, the source code of the hazard engine
and the versions of the libraries that compute. It holds a header in JSON and the arrays as they lie in memory, behind
a checksum. It is written beside its place and moved there at once, so that nobody sees half of it; one that does not
fit its checksum is removed and counts as missing. Arrays are mapped, not read: what nobody looks at takes no memory.
"""

import contextlib
import json
import logging
import mmap
import os
import tempfile
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.hazard.cases import Case, Lethality
from geo.hazard.footprint import PolarGrid
from geo.hazard.kernel import Kernel, Share
from geo.hazard.parameters import Parameter
from geo.hazard.scenario import Outcome
from geo.standing import Standing
from geo.text import Text

__all__ = ["KernelFiles"]

_log = logging.getLogger(__name__)

_MAGIC = b"riskmap kernel 1"
_CRC, _LENGTH, _START = len(_MAGIC), len(_MAGIC) + 4, len(_MAGIC) + 12
_ALIGNED = 64
_LIBRARIES = ("numpy", "scipy", "numba", "slabx", "coolprop", "chemicals", "fluids")
"""Whose next edition may give another number."""


@dataclass(frozen=True)
class KernelFiles:
    """A folder of kernels.

    Attributes
    ----------
    folder : Path
        Made when the first kernel is kept.
    limit_bytes : int
        What its files may take; those not read for longest are removed.
    """

    folder: Path
    limit_bytes: int

    def get(self, key: str, *, slim: bool = False) -> Kernel | None:
        """Return the kernel of a key; None where there is none. A slim one will do where that is said."""
        path = self._path(key)
        if slim and not path.exists():
            path = self._path(key, slim)
        try:
            with path.open("rb") as file:
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        except ValueError:  # empty
            self._drop(path)
            return None
        except OSError:
            return None
        if data[:_CRC] != _MAGIC or zlib.crc32(memoryview(data)[_LENGTH:]) != _number(data[_CRC:_LENGTH]):
            self._drop(path)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # read last
        length = _number(data[_LENGTH:_START])
        return _compose(json.loads(data[_START : _START + length]), data, _align(_START + length))

    def put(self, kernel: Kernel, *, slim: bool = False) -> bool:
        """Keep a kernel, which may be a slim one; return whether it could be written."""
        path = self._path(kernel.key, slim)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".part", delete=False) as file:
                try:
                    file.writelines(_describe(kernel))
                    file.close()
                    Path(file.name).replace(path)
                except OSError:
                    Path(file.name).unlink(missing_ok=True)
                    raise
            self._trim()
        except OSError as error:
            _log.warning("kernel not kept in %s: %s", self.folder, error)
            return False
        return True

    def _path(self, key: str, slim: bool = False) -> Path:
        name = sha256((key + _code_digest()).encode()).hexdigest()
        return self.folder / f"{name}{'.slim' if slim else ''}.kernel"

    def _drop(self, path: Path) -> None:
        _log.warning("%s is damaged and was removed; its kernel is computed again", path)
        with contextlib.suppress(OSError):
            path.unlink()

    def _trim(self) -> None:
        """Remove the files not read for longest while they take too much."""
        found = sorted(
            (entry.stat().st_mtime_ns, entry.stat().st_size, entry.path) for entry in self._entries()
        )
        taken = sum(size for _, size, _ in found)
        for _, size, path in found[:-1]:
            if taken <= self.limit_bytes:
                return
            with contextlib.suppress(OSError):  # another process was faster, or still reads it
                Path(path).unlink()
            taken -= size

    def _entries(self) -> list[os.DirEntry[str]]:
        with os.scandir(self.folder) as entries:
            return [entry for entry in entries if entry.name.endswith((".kernel", ".part"))]


@cache
def _code_digest() -> str:
    """Digest of the engine's source and of the libraries that compute."""
    folder = Path(__file__).parent
    digest = sha256(" ".join(f"{name} {version(name)}" for name in _LIBRARIES).encode())
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _describe(kernel: Kernel) -> Iterable[bytes]:
    """Return the parts of the file of a kernel."""
    shelf = _Shelf()
    header = {
        "key": kernel.key,
        "radius_m": shelf.put(kernel.grid.radius_m),
        "n_angles": kernel.grid.n_angles,
        "table": shelf.put(kernel.table),
        "shares": [
            [share.scenario_id, share.outcome.value, shelf.put(share.risk_per_year)]
            for share in kernel.shares
        ],
        "cases": [
            [
                case.share,
                case.weather,
                case.frequency_per_year,
                *(shelf.put_layer(layer) for layer in (case.individual, case.outdoors, case.indoors)),
            ]
            for case in kernel.cases
        ],
        "layers": shelf.layers,
        "arrays": shelf.places,
        "parameters": [asdict(row) for row in kernel.parameters],
        "models": kernel.models,
        "warnings": [[text.zh, text.en] for text in kernel.warnings],
    }
    written = json.dumps(header, ensure_ascii=False).encode()
    end = _START + len(written)
    parts = [len(written).to_bytes(8, "little"), written, bytes(_align(end) - end), *shelf.contents]
    crc = 0
    for part in parts:
        crc = zlib.crc32(part, crc)
    return [_MAGIC, crc.to_bytes(4, "little"), *parts]


class _Shelf:
    """Arrays of a kernel one behind the other, each once."""

    def __init__(self) -> None:
        self.contents: list[bytes] = []
        self.places: list[list[Any]] = []
        self.layers: list[list[Any]] = []
        self._end = 0
        self._numbers: dict[int, int] = {}

    def put(self, array: NDArray[Any]) -> int:
        """Return the number of an array."""
        if id(array) not in self._numbers:
            self._numbers[id(array)] = len(self.places)
            self.places.append([array.dtype.str, array.shape, self._end])
            content = array.tobytes()
            self.contents.append(content + bytes(_align(len(content)) - len(content)))
            self._end += len(self.contents[-1])
        return self._numbers[id(array)]

    def put_layer(self, layer: Lethality) -> int:
        """Return the number of a lethality."""
        if id(layer) not in self._numbers:
            self._numbers[id(layer)] = len(self.layers)
            self.layers.append([self.put(layer.values), layer.first_angle, layer.scale])
        return self._numbers[id(layer)]


def _compose(header: dict[str, Any], data: mmap.mmap, start: int) -> Kernel:
    """Return the kernel of a file."""

    def array(kind: str, shape: list[int], place: int) -> NDArray[Any]:
        count = int(np.prod(shape))
        return (
            np.frombuffer(data, kind, count, start + place).reshape(shape) if count else np.empty(shape, kind)
        )

    arrays = [array(*place) for place in header["arrays"]]
    layers = [
        Lethality(values=arrays[values], first_angle=first, scale=scale)
        for values, first, scale in header["layers"]
    ]
    return Kernel(
        key=header["key"],
        grid=PolarGrid(radius_m=arrays[header["radius_m"]], n_angles=header["n_angles"]),
        table=arrays[header["table"]],
        shares=tuple(
            Share(scenario_id=name, outcome=Outcome(outcome), risk_per_year=arrays[number])
            for name, outcome, number in header["shares"]
        ),
        cases=tuple(
            Case(
                share=share,
                weather=weather,
                frequency_per_year=frequency,
                individual=layers[individual],
                outdoors=layers[outdoors],
                indoors=layers[indoors],
            )
            for share, weather, frequency, individual, outdoors, indoors in header["cases"]
        ),
        parameters=tuple(_parameter(row) for row in header["parameters"]),
        models=tuple(header["models"]),
        warnings=tuple(Text(zh, en) for zh, en in header["warnings"]),
    )


def _parameter(row: dict[str, Any]) -> Parameter:
    shipped = row["shipped"]
    return Parameter(
        **row
        | {
            "standing": Standing(row["standing"]),
            "attributes": tuple((name, value) for name, value in row["attributes"]),
            "shipped": None if shipped is None else _parameter(shipped),
        }
    )


def _align(place: int) -> int:
    return -(-place // _ALIGNED) * _ALIGNED


def _number(content: bytes) -> int:
    return int.from_bytes(content, "little")
