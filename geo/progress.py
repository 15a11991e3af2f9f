"""How long actions say how far they are."""

from collections.abc import Callable

__all__ = ["Progress", "say_nothing"]

Progress = Callable[[float, str], None]
"""Called with the part done, 0 to 1, and what is being done; an error raised in it stops the action."""


def say_nothing(_part: float, _message: str) -> None:
    """Take the place of a progress callback that nobody gave."""
