"""``outside_distance``: the subject must keep a distance from every target; the test holds where it does not.

"Greater than 300 m" (``gt``) fails at exactly 300 m, "not less than 50 m" (``ge``) passes at exactly 50 m. How is
measured: :mod:`geo.rules.predicates.distances`.
"""

from geo.rules.predicates import distances
from geo.rules.predicates.base import Predicate, one_of

__all__ = ["PREDICATE"]

PREDICATE = Predicate(
    name="outside_distance",
    parameters={**distances.PARAMETERS, "compare": one_of("gt", "ge")},
    optional=distances.OPTIONAL,
    read=distances.read,
    subject_fields=distances.subject_fields,
    target_fields=distances.target_fields,
    grows_with=distances.subject_fields,
    measures="distance",
)
"""``compare``: the distance must be greater than the limit (``gt``), or at least the limit (``ge``)."""
