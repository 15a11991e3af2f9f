"""``python -m api.cli`` is ``riskmap``."""

from api.cli import main

main()
