"""How finely volumes in space are drawn."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiepoint.viewer.space_pace import STEPS, step_that_fits


@pytest.mark.parametrize(
    ("step", "frame_ms", "most_ms", "fitting"),
    [
        (0.8, 12.0, 50.0, 0.8),
        (1.6, 30.0, 50.0, 1.6),
        (1.6, 24.0, 50.0, 0.8),
        (0.8, 120.0, 90.0, 1.6),
        (0.8, 5000.0, 50.0, 3.2),
    ],
)
def test_the_finest_that_fits(step, frame_ms, most_ms, fitting):
    assert step_that_fits(step, frame_ms, most_ms) == fitting


@given(st.sampled_from(STEPS), st.floats(0.1, 1e4), st.floats(1, 1e3))
def test_what_fits_still_fits_when_drawn(step, frame_ms, most_ms):
    chosen = step_that_fits(step, frame_ms, most_ms)
    assert step_that_fits(chosen, frame_ms * step / chosen, most_ms) == chosen
