"""The command ``riskmap``: the same actions as the HTTP interface, another way in.

Exit codes: 0 done, 1 done and violations found (checks with ``--strict``), 2 wrong use or bad input, 3 not available,
4 failed.

What computes is imported inside the commands: the help, and a wrong option, are there at once.
"""

from api.cli.app import app, main

__all__ = ["app", "main"]
