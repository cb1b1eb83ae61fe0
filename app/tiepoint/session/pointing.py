"""What is under the pointer, in words for the status line."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log10
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.sampling import bounds, physical_to_index
from tiepoint.session.spectra.words import unit_of
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import convert, format_length, readable_unit, unit_ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.model.dataset import Dataset
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import FloatArray

NAMES = ("z", "y", "x")
MOST_VALUES = 3
"""So many values have room in the status line."""


@dataclass(frozen=True)
class Reading:
    """The status line: position in the view frame, in a dataset elsewhere, values.

    ``in_dataset`` names the topmost dataset under the pointer that has a frame of its own, with the
    position there and its 95 % error; where all share the view's frame, the topmost one's name.
    """

    position: str
    in_dataset: str = ""
    value: str = ""


def read_at(
    session: Session,
    frame: str,
    position_zyx: FloatArray,
    shown: Sequence[str],
    step: float | None = None,
) -> Reading:
    """Say what lies at a position of a frame.

    Parameters
    ----------
    frame
        Dataset id of the view frame.
    position_zyx
        (3,) in its coordinates and unit.
    shown
        Dataset ids on the canvas, bottom first; the topmost ones under the pointer are read.
    step
        Length in the frame's unit that positions have to tell apart: a pixel of the screen.
    """
    view = session.dataset(frame)
    own = position_zyx if view.ndim_space == 3 else position_zyx[1:]
    words = f"{view.name}   {format_position(own, view.unit, step)}"
    hit = under(session, frame, position_zyx, shown)
    if not hit:
        return Reading(words)
    elsewhere = next((pair for pair in hit if pair[0].frame != view.frame), hit[0])
    return Reading(words, _in_words(session, view, own, *elsewhere, step), _values(session, hit))


def under(
    session: Session, frame: str, position_zyx: FloatArray, shown: Sequence[str]
) -> list[tuple[Dataset, FloatArray]]:
    """Return the visible datasets under a position with the place in each, topmost first."""
    hit = []
    for dataset in map(session.dataset, reversed(shown)):
        if dataset.display.visible:
            found = _position_in(session, frame, position_zyx, dataset)
            if found is not None:
                hit.append((dataset, found))
    return hit


def _values(session: Session, hit: Sequence[tuple[Dataset, FloatArray]]) -> str:
    """Say the values of the topmost datasets, each with its name where there are several."""
    read = []
    oriented: set[str] = set()
    for dataset, found in hit[:MOST_VALUES]:
        value = _value(session, dataset, found)
        crystal = "" if dataset.frame in oriented else _crystal(session, dataset, found)
        if crystal:
            oriented.add(dataset.frame)
        same = crystal.startswith(value) if value else True
        read.append((dataset.name, crystal if same else "  ".join(filter(None, (value, crystal)))))
    said = [(name, value) for name, value in read if value]
    if len(hit) == 1:
        return said[0][1] if said else ""
    return "   ".join(f"{name}  {value}" for name, value in said)


def format_position(
    position: Sequence[float] | FloatArray, unit: str | None, step: float | None = None
) -> str:
    """Write a position: ``y 1.284  x 1.907 µm``; with digits enough to tell a `step` apart."""
    names = NAMES[-len(position) :]
    if unit is None:
        return "  ".join(f"{n} {v:.1f}" for n, v in zip(names, position, strict=True)) + " px"
    best = readable_unit(max(abs(float(v)) for v in position), unit)
    numbers = [convert(float(v), unit, best) for v in position]
    words = [f"{v:.4g}" for v in numbers]
    if step is not None and step > 0:
        decimals = ceil(-log10(convert(step, unit, best)))
        words = [
            f"{v:.{decimals}f}" if decimals > _decimals(text) else text
            for v, text in zip(numbers, words, strict=True)
        ]
    return "  ".join(f"{n} {text}" for n, text in zip(names, words, strict=True)) + f" {best}"


def _decimals(text: str) -> int:
    """Return how many decimals a number is written with; many for one with an exponent."""
    return 99 if "e" in text else len(text.partition(".")[2])


def _position_in(
    session: Session, frame: str, position_zyx: FloatArray, dataset: Dataset
) -> FloatArray | None:
    try:
        there = session.locating.frame_transform(frame, dataset.id)(position_zyx[None])[0]
    except TiepointError:
        return None
    own = there if dataset.ndim_space == 3 else there[1:]
    low, high = bounds(dataset)
    return own if bool(np.all((own >= low) & (own <= high))) else None


def _in_words(
    session: Session,
    view: Dataset,
    own: FloatArray,
    dataset: Dataset,
    found: FloatArray,
    step: float | None,
) -> str:
    if dataset.frame == view.frame:
        return dataset.name
    there = (
        step * unit_ratio(view.unit, dataset.unit) if step and _comparable(view, dataset) else None
    )
    words = f"{dataset.name}   {format_position(found, dataset.unit, there)}"
    error = session.locating.error_radius(view.id, dataset.id, own)
    return words if error is None else f"{words}  ± {format_length(error, dataset.unit, 2)} (95 %)"


def _comparable(one: Dataset, other: Dataset) -> bool:
    """Whether lengths of the two can be converted into each other."""
    return (one.unit is None) == (other.unit is None)


def _value(session: Session, dataset: Dataset, position: FloatArray) -> str:
    if not session.drawing.has_values(dataset):
        return ""
    if dataset.rgb or len(dataset.axes) != len(dataset.spatial_axes):
        return ""
    index = np.rint(physical_to_index(dataset)(position[None])[0]).astype(int)
    shape = [axis.size for axis in dataset.spatial_axes]
    index = np.clip(index, 0, np.array(shape) - 1)
    array = session.drawing.levels(dataset)[0].array
    try:
        value = np.asarray(array[tuple(int(i) for i in index)]).item()
    except (TiepointError, OSError):
        return ""
    if dataset.legend:
        return next((e.name for e in dataset.legend if e.value == value), f"{value:g}")
    words = unit_of(session, dataset)
    unit = f" {words}" if words else ""
    return f"{value:,.4g}{unit}" if isinstance(value, float) else f"{value}{unit}"


def _crystal(session: Session, dataset: Dataset, position: FloatArray) -> str:
    """Say the crystal under a place of an EBSD map."""
    try:
        return session.orienting.words_at(dataset, position)
    except (TiepointError, OSError):
        return ""
