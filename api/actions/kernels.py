"""Risk kernels as the settings say: where they are kept, how many processes compute them."""

import os

from api.settings import Settings
from geo.hazard.kernel_files import KernelFiles
from geo.hazard.kernel_store import KernelStore

__all__ = ["open_kernels"]


def open_kernels(settings: Settings) -> KernelStore:
    """Return the store of the kernels that were computed before, and will be."""
    limit_bytes = settings.kernel_folder_mb * 1_000_000
    return KernelStore(
        settings.kernel_memory_mb * 1_000_000,
        files=KernelFiles(settings.kernel_folder, limit_bytes) if limit_bytes else None,
        workers=settings.workers or os.cpu_count() or 1,
    )
