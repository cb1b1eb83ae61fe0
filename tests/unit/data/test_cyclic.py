"""Angles and phases: recognised, interpolated on the circle, drawn with lines of equal value."""

from math import pi, tau

import h5py
import numpy as np
import pytest

from tiepoint.data.cyclic import CYCLIC_MAP, cyclic_quantity, from_circle
from tiepoint.data.draft import DatasetDraft, Level
from tiepoint.data.sampling import draw
from tiepoint.figures.contours import contoured, on_lines
from tiepoint.figures.overlay import draw_overlay
from tiepoint.figures.ramps import ramp
from tiepoint.figures.wheel import start_of, wheel_sectors, wheel_words
from tiepoint.geometry.grids import Grid
from tiepoint.geometry.planes import Plane
from tiepoint.geometry.resample import SlabSpec
from tiepoint.geometry.transforms import Affine
from tiepoint.model.axes import Axis
from tiepoint.model.dataset import Dataset, Display, Quantity
from tiepoint.project.edits import set_display
from tiepoint.session import Session

SLOPE = 0.9  # radians per pixel
TRUE = SLOPE * np.arange(12) - 4.0
RAMP = np.tile(np.mod(TRUE + pi, tau) - pi, (6, 1)).astype(np.float32)


def axes_of(shape):
    return tuple(Axis(name=n, size=s, unit="nm") for n, s in zip("zyx"[-len(shape) :], shape))  # noqa: B905


def dataset_of(values, period=tau, **more):
    quantity = Quantity(name="phase", unit="rad", period=period)
    kind = "image" if values.ndim == 2 else "volume"
    return Dataset(name="phase", kind=kind, axes=axes_of(values.shape), quantity=quantity, **more)


def drawn(values, plainly=False, slab=None, period=tau, order="linear"):
    n = values.ndim
    level = Level(values, (1.0,) * n, (0.0,) * n)
    grid = Grid.plane(np.array([1.0, 0.0]), np.array([1.0, 0]), np.array([0, 1.0]), 0.25, (5, 45))
    return draw(
        dataset_of(values, period), [level], grid, Plane.at(2.0 if n == 3 else 0.0),
        Affine.identity(3), plainly=plainly, slab=slab, order=order,
    )  # fmt: skip


def off_circle(a, b, period=tau):
    return np.abs(np.mod(a - b + period / 2, period) - period / 2)


@pytest.mark.parametrize("plainly", [False, True])
@pytest.mark.parametrize("order", ["linear", "cubic"])
def test_a_ramp_across_the_wrap_stays_a_ramp(plainly, order):
    section = drawn(RAMP, plainly, order=order)
    expected = SLOPE * 0.25 * np.arange(45) - 4.0
    # a chord instead of the arc: over 0.9 rad the angle is right to 0.9³ · 0.016
    assert off_circle(section.values[0], expected).max() < 0.0121
    assert section.values.min() >= -pi
    assert section.values.max() <= pi
    as_numbers = drawn(RAMP, plainly, period=None)
    assert off_circle(as_numbers.values[0], expected).max() > 1, "what this is there to prevent"


def test_degrees_from_nought_stay_so():
    section = drawn(np.mod(np.degrees(RAMP), 360).astype(np.float32), period=360.0)
    assert section.values.min() >= 0
    assert section.values.max() < 360
    expected = np.degrees(SLOPE * 0.25 * np.arange(45) - 4.0)
    assert off_circle(section.values[0], expected, 360).max() < 0.7


def test_a_thick_section_is_the_mean_direction():
    volume = np.stack([np.full((6, 12), v, np.float32) for v in (3.0, 3.1, -3.08, -2.98, 3.1)])
    section = drawn(volume, slab=SlabSpec(2.0, "max"))
    assert off_circle(section.values, pi).max() < 0.15


def test_points_of_a_circle_give_their_angles_back():
    angles = np.linspace(-pi, pi, 50, endpoint=False)
    np.testing.assert_allclose(
        from_circle(np.cos(angles), np.sin(angles), tau, -pi), angles, atol=1e-9
    )
    assert np.isnan(from_circle(np.array([np.nan]), np.array([np.nan]), 360.0, 0.0)).all()


@pytest.mark.parametrize(
    ("name", "unit", "values", "turn"),
    [
        ("phase", "rad", RAMP, (-pi, pi)),
        ("electron phase", "radians", np.mod(RAMP, tau), (0.0, tau)),
        ("azimuth", "°", np.degrees(RAMP), (-180.0, 180.0)),
        ("phase", "rad", np.tile(TRUE, (6, 1)), None),  # unwrapped: over more than a turn
        ("unwrapped phase", "rad", RAMP, None),
        ("phase", "rad", RAMP / 10, None),  # fills a tenth of a turn
        ("misorientation", "deg", np.degrees(RAMP), None),
        ("phase", None, RAMP, None),  # a label: "phase" of a material
        ("height", "nm", RAMP, None),
    ],
)
def test_wrapped_angles_are_recognised(name, unit, values, turn):
    draft = DatasetDraft(
        title="", key="", technique="holography", kind="image", axes=axes_of((6, 12)),
        array=np.asarray(values), quantity=Quantity(name=name, unit=unit),
    )  # fmt: skip
    quantity, found = cyclic_quantity(draft)
    assert (found is None) == (turn is None)
    assert (quantity.period is None) == (turn is None)
    if turn:
        assert found == pytest.approx(turn)


def test_the_colours_close():
    colours = ramp(CYCLIC_MAP)
    assert np.abs(colours[0] - colours[-1]).max() < 0.02


def test_lines_cross_the_wrap_where_they_should_and_nowhere_else():
    fine = np.tile(np.mod(np.linspace(0.3, 0.3 + 2 * tau, 400) + pi, tau) - pi, (3, 1))
    on = on_lines(fine, tau / 8, tau)
    assert on[0].sum() == 16, "eight lines a turn"
    section = drawn(RAMP)
    shown = dataset_of(RAMP, display=Display(contours=True, colormap=CYCLIC_MAP))
    picture = contoured(shown, section, (-pi, pi))
    assert picture.values.shape == (5, 45, 3)
    plain = dataset_of(RAMP)
    assert contoured(plain, section, (-pi, pi)) is section


def test_the_wheel_begins_where_the_period_does():
    halfway = wheel_sectors(CYCLIC_MAP, start_of((-pi, pi), tau))
    assert halfway[0][1] == tuple(round(255 * c) for c in ramp(CYCLIC_MAP)[127][:3])
    from_nought = wheel_sectors(CYCLIC_MAP, start_of((0.0, 360.0), 360.0))
    assert from_nought[0][1] == tuple(round(255 * c) for c in ramp(CYCLIC_MAP)[0][:3])
    assert wheel_words(dataset_of(RAMP), (-pi, pi)) == "0 at the right, −π to π rad"


def test_a_phase_in_a_file_is_shown_in_colours_that_close(tmp_path):
    with h5py.File(tmp_path / "phase.h5", "w") as file:
        file["phase"] = np.tile(RAMP, (4, 4))
        file["phase"].attrs["units"] = "rad"
        file["phase"].attrs["element_size_um"] = [0.002, 0.002]
    session = Session()
    (dataset,) = session.add_files([tmp_path / "phase.h5"])
    assert dataset.display.colormap == CYCLIC_MAP
    assert session.drawing.limits(dataset) == pytest.approx((-pi, pi))
    grid = Grid.plane(np.zeros(2), np.array([1.0, 0]), np.array([0, 1.0]), 0.0005, (4, 40))
    dataset = dataset.replace(display=dataset.display.replace(contours=True, visible=True))
    session.document.apply("lines", set_display(dataset.id, contours=True, visible=True))
    picture = draw_overlay(session, dataset.id, Plane.at(), grid, [dataset])
    assert picture.size == (40, 4)
