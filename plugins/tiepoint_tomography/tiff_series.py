"""Series of a TIFF file as datasets: which axis is what, channels apart, pyramids kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

from tiepoint.sdk import (
    UNCALIBRATED,
    Axis,
    DatasetDraft,
    Level,
    Role,
    missing_words,
    spatial_axes,
    standard_unit,
    tiff_array,
    view,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tiepoint.sdk import Kind
    from tiepoint_tomography.tiff_facts import Facts

MOST_CHANNELS = 32
"""More channels than this stay one dataset with a channel axis."""
COLOUR = {2, 6}
"""TIFF photometric interpretations RGB and YCbCr."""
OTHER_NAMES = {
    "H": "lifetime", "A": "angle", "E": "wavelength", "P": "phase", "R": "tile", "M": "mosaic",
    "V": "event", "L": "exposure", "K": "trigger",
}  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """Which array axis is what.

    Attributes
    ----------
    split
        Axes of channels, one dataset per index.
    order
        The remaining axes in the order in which they are shown.
    letters
        What these are: T, Z, Y, X, S (colour), C (channels kept together) or another.
    """

    split: tuple[int, ...]
    order: tuple[int, ...]
    letters: str

    @property
    def kind(self) -> Kind:
        """Return the kind of dataset."""
        if "C" in self.letters:
            return "spectrum image"
        if "T" in self.letters:
            return "time series"
        return "volume" if len(self.letters.replace("S", "")) > 2 else "image"


def layout_of(letters: str, shape: tuple[int, ...], photometric: int) -> Layout:
    """Sort the axes of a series.

    Parameters
    ----------
    letters
        tifffile's axis letters.
    shape
        Size per axis.
    photometric
        The TIFF photometric interpretation of its pages.
    """
    named = list(letters)
    if not {"Y", "X"} <= set(named):
        named[-2:] = "YX"
    for at, letter in enumerate(named):
        if letter == "S" and not (shape[at] in (3, 4) and photometric in COLOUR):
            named[at] = "C"
    if "Z" not in named:
        unknown = [at for at, letter in enumerate(named) if letter in "QI"]
        if unknown:
            named[unknown[-1]] = "Z"
    split = tuple(at for at, letter in enumerate(named) if letter == "C")
    count = 1
    for at in split:
        count *= shape[at]
    if count > MOST_CHANNELS:
        split = ()
    rank = {"T": 1, "Z": 2, "Y": 3, "X": 4, "C": 5, "S": 6}
    kept = [at for at in range(len(named)) if at not in split]
    order = tuple(sorted(kept, key=lambda at: (rank.get(named[at], 0), at)))
    return Layout(split, order, "".join(named[at] for at in order))


def series_drafts(
    series: Any, key: str, facts: Facts, original: Callable[[], Mapping[str, Any]]
) -> list[DatasetDraft]:
    """Return the datasets of one `tifffile.TiffPageSeries`: one per channel.

    Parameters
    ----------
    series
        The series, its file open.
    key
        Stable address of the series in the file.
    facts
        What the file states about it.
    original
        Gives the verbatim metadata.
    """
    shape = tuple(int(n) for n in series.shape)
    layout = layout_of(series.axes, shape, int(series.keyframe.photometric))
    sizes = [shape[at] for at in layout.order]
    axes = tuple(_axes(layout.letters, sizes, facts))
    words = missing_words(axes)
    if facts.uncalibrated and words == (UNCALIBRATED,):
        words = (facts.uncalibrated,)
    base = DatasetDraft(
        title=facts.title,
        key=key,
        technique=facts.technique,
        kind=layout.kind,
        axes=axes,
        array=tiff_array(series),
        rgb=layout.letters.endswith("S"),
        metadata=facts.metadata,
        original=original,
        warnings=(*facts.warnings, *words),
    )
    return list(_channels(series, layout, shape, base, facts))


def _channels(
    series: Any, layout: Layout, shape: tuple[int, ...], base: DatasetDraft, facts: Facts
) -> Iterator[DatasetDraft]:
    coarser = [(lower, tiff_array(lower)) for lower in series.levels[1:]]
    for number, at in enumerate(product(*(range(shape[axis]) for axis in layout.split))):
        held = tuple(zip(layout.split, at, strict=True))
        draft = replace(
            base,
            array=view(base.array, layout.order, held),
            levels=tuple(
                _level(view(array, layout.order, held), base.axes) for _, array in coarser
            ),
        )
        if len(at) and any(shape[axis] > 1 for axis in layout.split):
            name = _channel_name(facts, number)
            draft = replace(
                draft,
                title=f"{base.title}/{name}" if base.title else name,
                key=f"{base.key}/C{number}",
                frame=f"series {base.key}",
            )
        yield draft


def _channel_name(facts: Facts, number: int) -> str:
    return facts.channels[number] if number < len(facts.channels) else f"channel {number + 1}"


def _axes(letters: str, sizes: list[int], facts: Facts) -> Iterator[Axis]:
    places = [at for at, letter in enumerate(letters) if letter in "ZYX"]
    names = [letters[at].lower() for at in places]
    stated = [facts.steps.get(name, (None, None)) for name in names]
    space = spatial_axes(
        names, [sizes[at] for at in places], [s for s, _ in stated], [u for _, u in stated]
    )
    by_place = dict(zip(places, space, strict=True))
    for at, letter in enumerate(letters):
        yield by_place.get(at) or _other_axis(letter, sizes[at], facts)


def _other_axis(letter: str, size: int, facts: Facts) -> Axis:
    if letter == "T":
        step, text = facts.steps.get("t", (1.0, None))
        return Axis(name="time", size=size, scale=step, unit=standard_unit(text)[0], role="time")
    if letter in "SC":
        return Axis(name="channel", size=size, role="channel")
    role: Role = "energy" if letter == "E" else "index"
    return Axis(name=OTHER_NAMES.get(letter, "index"), size=size, role=role)


def _level(array: Any, axes: tuple[Axis, ...]) -> Level:
    """Return a stored coarser level; every pixel covers a whole number of finest ones."""
    factors = []
    for axis, size in zip(axes, array.shape, strict=True):
        ratio = axis.size / size
        nearest = max(1, round(ratio))
        factors.append(float(nearest) if abs(nearest * size - axis.size) <= nearest else ratio)
    return Level(array, tuple(factors), tuple((f - 1) / 2 for f in factors))
