"""How long actions say how far they are."""

from collections.abc import Callable

__all__ = ["Progress", "say_nothing", "stage"]

Progress = Callable[[float, str], None]
"""Called with the part done, 0 to 1, and what is being done; an error raised in it stops the action."""


def say_nothing(_part: float, _message: str) -> None:
    """Take the place of a progress callback that nobody gave."""


def stage(say: Progress, start: float, end: float) -> Progress:
    """Return the progress of a stage of a job, whose 0 to 1 is `start` to `end` of the whole.

    Fractions so never fall, and the time that is left can be told from them.
    """
    return lambda done, message: say(start + (end - start) * min(done, 1.0), message)
