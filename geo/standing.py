"""How sure a number, a rule or a model is."""

from enum import StrEnum

from geo.text import Text

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

    @property
    def text(self) -> Text:
        """Return the words for it."""
        return _WORDS[self]


_WORDS = {
    Standing.VERIFIED: Text("已核对正文", "verified"),
    Standing.SEED: Text("源自规划文件", "from a planning document"),
    Standing.RECALLED: Text("未经核实（凭记忆）", "recalled, unverified"),
    Standing.DISPUTED: Text("各版本不一致", "copies disagree"),
    Standing.SITE_SPECIFIC: Text("因地而异", "site-specific"),
}
