"""``newer_than``: no more than a number of years lie between a date of the subject and the decision.

The counterpart of ``older_than`` ("in its first five years of service"); years end as they do there.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from geo.rules.predicates import older_than
from geo.rules.predicates.base import Reading, Scene
from geo.rules.rule import Rule

__all__ = ["PREDICATE"]


def read(rule: Rule, scene: Scene, who: NDArray[np.int64]) -> list[Reading]:
    """Return for each subject whether its date lies no farther back."""
    return [
        reading if reading.holds is None else replace(reading, holds=not reading.holds)
        for reading in older_than.read(rule, scene, who)
    ]


PREDICATE = replace(older_than.PREDICATE, name="newer_than", read=read)
"""``field``: a date of the subject; ``years``: the limit; ``compare``: with ``gt`` the last day still counts as new,
with ``ge`` it does not."""
