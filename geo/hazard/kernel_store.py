"""Kernels of equipment: built from scenarios and events, kept by a digest of their inputs.

A kernel does not know where its equipment stands or what it is called, so that equal vessels share one and a moved one
keeps its own. Kernels are built in parallel by processes, one piece of equipment at a time, and come back in the order
in which they were asked for: the number of processes does not show in a result. With a folder for files a process
leaves its kernels there and the others map them, which takes less memory and less time than to send them.

Memory is bounded by bytes. Of what nobody asks for at the moment the least recently used goes first; where the kernels
of one plant alone take more, those beyond the bound lie in files of a temporary folder and are mapped, so that the
system may take their memory back. A plant with 200 kinds of equipment has about 3 GB of them.
"""

import multiprocessing
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from pathlib import Path
from threading import Lock
from weakref import finalize

from geo.errors import GeoError, HazardError
from geo.hazard.digest import digest_of
from geo.hazard.footprint import PolarGrid
from geo.hazard.kernel import Kernel, build_kernel
from geo.hazard.kernel_files import KernelFiles
from geo.hazard.parameters import Parameter
from geo.hazard.plant import Equipment, Surroundings, Unit
from geo.hazard.tables import Override, table, table_names
from geo.hazard.weather import WindRose

__all__ = ["KernelContext", "KernelOrder", "KernelStore", "build_equipment_kernel", "order_kernel"]

EDITION = 1
"""Raised when the same inputs shall give another kernel."""

_WORTH_A_PROCESS = 2
"""Kernels for which a process is started: it takes about as long as one of a heavy gas."""


@dataclass(frozen=True, kw_only=True)
class KernelContext:
    """What the kernels of a plant have in common.

    Attributes
    ----------
    surroundings : Surroundings
    rose : WindRose
    grid : PolarGrid
    library : str
        Of frequencies.
    overrides : tuple of Override
    own : tuple of Parameter
        A user's own substances.
    """

    surroundings: Surroundings
    rose: WindRose
    grid: PolarGrid
    library: str
    overrides: tuple[Override, ...] = ()
    own: tuple[Parameter, ...] = ()

    @cached_property
    def digest(self) -> str:
        """Digest of the context and of the parameter tables; what a rose is called does not count."""
        rose = self.rose.weathers, self.rose.frequencies
        rest = self.surroundings, self.grid, self.library, self.overrides, self.own
        return digest_of(EDITION, rose, rest, _tables_digest())


@dataclass(frozen=True)
class KernelOrder:
    """Everything that the kernel of one piece of equipment depends on.

    Attributes
    ----------
    context : KernelContext
    unit : Unit
        Without id, name, boundary and other equipment.
    """

    context: KernelContext
    unit: Unit

    @property
    def key(self) -> str:
        """Digest of the order."""
        return digest_of(self.context.digest, self.unit)


@cache
def _tables_digest() -> str:
    return digest_of([(name, tuple(table(name).values())) for name in table_names()])


def order_kernel(context: KernelContext, unit: Unit, equipment: Equipment) -> KernelOrder:
    """Return the order for a piece of equipment, without what its risk does not depend on."""
    bare = replace(equipment, id="", name="", lon=0.0, lat=0.0)
    return KernelOrder(context, replace(unit, id="", name="", boundary=None, equipment=(bare,)))


def build_equipment_kernel(order: KernelOrder) -> Kernel:
    """Return the kernel of an order; scenarios are named ``/<hole>``.

    Raises
    ------
    GeoError
        If a model refuses.
    """
    from geo.hazard.events import events_of  # CoolProp and its kin, a second; only who computes needs them
    from geo.hazard.scenarios import scenarios_of
    from geo.hazard.substances import substances

    context, (equipment,) = order.context, order.unit.equipment
    scenarios = scenarios_of(order.unit, equipment, context.library, context.overrides)
    substance = substances(context.overrides, context.own)[equipment.substance]
    events = [
        event
        for scenario in scenarios
        for event in events_of(
            scenario,
            equipment,
            substance,
            context.surroundings,
            context.rose,
            context.grid,
            context.overrides,
        )
    ]
    frequencies = {scenario.id: scenario.frequency_per_year for scenario in scenarios}
    return build_kernel(events, frequencies, context.rose, context.grid, order.key)


_OVERFLOW = 16
"""Times the memory that the files of what does not fit into it may take; those in use outlive their removal."""

_Named = tuple[str, KernelOrder]
"""An order and what it is called in messages."""


class KernelStore:
    """Kernels that were built, by key; the least recently used are dropped when they take too much memory.

    Parameters
    ----------
    memory_bytes : int
        What the arrays of its kernels may take, those of a single question included.
    slim : bool
        Keep kernels without shares and cases: for previews, which ask for neither.
    files : KernelFiles, optional
        Where kernels are kept from one process to the next. Without it those that do not fit into memory lie in a
        temporary folder, which goes with the store.
    workers : int
        Processes that build unless more are asked for; the kernels do not depend on it.
    """

    def __init__(
        self,
        memory_bytes: int = 2**31,
        *,
        slim: bool = False,
        files: KernelFiles | None = None,
        workers: int = 1,
    ) -> None:
        self._memory_bytes = memory_bytes
        self._slim = slim
        self._files = files
        self._workers = workers
        self._kept: OrderedDict[str, Kernel] = OrderedDict()
        self._kept_bytes = 0
        self._lock = Lock()
        self._overflow_folder: tempfile.TemporaryDirectory[str] | None = None

    def __len__(self) -> int:
        return len(self._kept)

    def thin(self) -> "KernelStore":
        """Return a slim store with the same kernels, files and processes."""
        thin = KernelStore(self._memory_bytes, slim=True, files=self._files, workers=self._workers)
        for kernel in list(self._kept.values()):
            thin._put(kernel)
        return thin

    def kernels(
        self,
        orders: Sequence[tuple[str, KernelOrder]],
        workers: int = 1,
        progress: Callable[[float, str], None] | None = None,
    ) -> list[Kernel]:
        """Return the kernels of orders, in their order.

        Parameters
        ----------
        orders : sequence of (str, KernelOrder)
            The name stands in messages and in progress.
        workers : int
            Processes that build, if more than those of the store; 1 builds in this one.
        progress : callable, optional
            Called with the fraction done and the name of what was just built; may raise to cancel.

        Raises
        ------
        HazardError
            If a kernel cannot be built; the message begins with the name.
        """
        workers = max(workers, self._workers)
        keys = [order.key for _, order in orders]
        found: dict[str, Kernel] = {}
        missing: dict[str, tuple[str, KernelOrder]] = {}
        for key, named in zip(keys, orders, strict=True):
            kernel = found.get(key) or self._get(key)
            if kernel is None:
                missing.setdefault(key, named)
            else:
                found[key] = kernel
        held_bytes = 0 if self._files else sum(kernel.size_bytes for kernel in found.values())
        for done, (key, kernel) in enumerate(self._build_all(missing, workers), start=1):
            found[key] = self._put(self._fit(kernel, held_bytes))
            held_bytes += kernel.size_bytes
            if progress is not None:
                progress(done / len(missing), missing[key][0])
        return [found[key] for key in keys]

    def _get(self, key: str) -> Kernel | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        files = self._files or self._overflow()
        kernel = None if files is None else files.get(key, slim=self._slim)
        return None if kernel is None else self._put(kernel)

    def _fit(self, kernel: Kernel, held_bytes: int) -> Kernel:
        """Return a kernel that was built, mapped from a file where memory is taken by the others of its plant."""
        if self._files is not None or held_bytes + kernel.size_bytes <= self._memory_bytes:
            return kernel
        kernel = kernel.slim() if self._slim else kernel
        with self._lock:
            if self._overflow_folder is None:
                self._overflow_folder = tempfile.TemporaryDirectory(prefix="riskmap-kernels-")
                finalize(self, self._overflow_folder.cleanup)  # else its end is warned of
        files = self._overflow()
        assert files is not None
        written = files.put(kernel, slim=self._slim)
        return (files.get(kernel.key, slim=self._slim) if written else None) or kernel

    def _overflow(self) -> KernelFiles | None:
        """Return the files of what does not fit into memory; None where everything did so far."""
        folder = self._overflow_folder
        return None if folder is None else KernelFiles(Path(folder.name), _OVERFLOW * self._memory_bytes)

    def _put(self, kernel: Kernel) -> Kernel:
        """Keep a kernel and return it as it is kept."""
        kernel = kernel.slim() if self._slim else kernel
        with self._lock:
            if kernel.key not in self._kept:
                self._kept_bytes += kernel.size_bytes
            self._kept[kernel.key] = kernel
            while len(self._kept) > 1 and self._kept_bytes > self._memory_bytes:
                self._kept_bytes -= self._kept.popitem(last=False)[1].size_bytes
        return kernel

    def _build_all(self, missing: dict[str, _Named], workers: int) -> Iterator[tuple[str, Kernel]]:
        """Yield keys and kernels in their order."""
        build = partial(_build_apart, files=self._files, slim=self._slim)
        workers = min(workers, len(missing) // _WORTH_A_PROCESS)
        if workers <= 1:
            for key, named in missing.items():
                yield key, self._fetch(build(named), named)
            return
        # Fresh processes: threads of a server do not survive a fork.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context) as pool:
            try:
                for (key, named), kernel in zip(
                    missing.items(), pool.map(build, missing.values()), strict=True
                ):
                    yield key, self._fetch(kernel, named)
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _fetch(self, built: Kernel | None, named: _Named) -> Kernel:
        """Return a kernel that was built, or the one that its file holds."""
        if built is None and self._files is not None:
            built = self._files.get(named[1].key, slim=self._slim)
        return built or _build_named(named)  # somebody has removed the file already


def _build_apart(named: _Named, files: KernelFiles | None, slim: bool) -> Kernel | None:
    """Return a kernel from a process that builds; None where its file says all."""
    kernel = _build_named(named)
    kernel = kernel.slim() if slim else kernel
    return kernel if files is None or not files.put(kernel, slim=slim) else None


def _build_named(named: _Named) -> Kernel:
    name, order = named
    try:
        return build_equipment_kernel(order)
    except GeoError as exc:
        raise HazardError(f"{name}: {exc.message}", f"{name}：{exc.zh}") from exc
