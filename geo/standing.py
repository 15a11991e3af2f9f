"""How sure a number, a rule or a model is."""

from enum import StrEnum

__all__ = ["Standing"]


class Standing(StrEnum):
    """How sure a number or rule is; whatever is not verified is listed in each result that used it."""

    VERIFIED = "verified"
    SEED = "seed"
    RECALLED = "recalled"
    DISPUTED = "disputed"
    SITE_SPECIFIC = "site_specific"

    @property
    def advisory(self) -> bool:
        """Rules that rest on it are shown, but left out of the whole verdict."""
        return self in {Standing.RECALLED, Standing.DISPUTED}
