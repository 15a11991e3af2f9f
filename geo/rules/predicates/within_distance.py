"""``within_distance``: the subject lies within a distance of a target ("within 1 km of the bank line").

How is measured: :mod:`geo.rules.predicates.distances`.
"""

from geo.rules.predicates import distances
from geo.rules.predicates.base import Predicate, one_of

__all__ = ["PREDICATE"]

PREDICATE = Predicate(
    name="within_distance",
    parameters={**distances.PARAMETERS, "compare": one_of("le", "lt")},
    optional=distances.OPTIONAL,
    read=distances.read,
    subject_fields=distances.subject_fields,
    target_fields=distances.target_fields,
    grows_with=distances.subject_fields,
    measures="distance",
)
"""``compare``: whether the limit itself is within (``le``) or not (``lt``)."""
