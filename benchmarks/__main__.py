"""All benchmarks, one after another, each in a process of its own: ``make bench``, BENCH=small|full.

``python -m benchmarks.siting`` runs one of them alone.
"""

import subprocess
import sys

BENCHMARKS = ("setback", "siting", "audit", "where", "hazard", "grids", "tiles", "browser", "register")


def main() -> None:
    failed = [
        name for name in BENCHMARKS if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"]).returncode
    ]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
