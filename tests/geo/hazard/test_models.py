"""The register of models: every row says who, where it holds, and what tests it."""

import pytest

from geo.errors import HazardError
from geo.hazard.models import model, models


def test_every_model_is_whole():
    for key, each in models().items():
        assert each.key == key
        assert each.name.zh
        assert each.name.en
        assert each.citation
        assert each.limits.zh
        assert each.limits.en
        assert isinstance(each.evidence, tuple)


def test_a_model_is_found_by_key():
    key = next(iter(models()))
    assert model(key) is models()[key]
    with pytest.raises(HazardError, match="'phlogiston'"):
        model("phlogiston")
