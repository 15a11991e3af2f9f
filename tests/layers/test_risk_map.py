"""Map picture of a plant's risk: which names of targets are written on it."""

import numpy as np

from layers.plants.distance_map import _readable


def test_names_that_would_lie_over_another_or_beyond_the_frame_are_left_out() -> None:
    places_m = np.array([(0.0, 0.0), (10.0, 5.0), (0.0, 300.0), (950.0, 0.0), (0.0, 990.0), (-900.0, -900.0)])
    names = {index: "示例小学" for index in (2, 0, 1, 3, 4, 5)}
    # A name is 200 m wide and 60 m high where the frame is 1000 m away: 1 lies over 0, 3 and 4 beyond the frame.
    assert _readable(names, places_m, 1000.0) == [2, 0, 5]


def test_no_name_is_written_where_there_is_none() -> None:
    assert _readable({}, np.empty((0, 2)), 1000.0) == []
