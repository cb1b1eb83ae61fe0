"""What every dataset shows under a region, wherever the registrations put it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.data.sampling import bounds
from tiepoint.session.covering import covered_pixels, section_pixels
from tiepoint.session.drawing import shown_axes
from tiepoint.session.spectra.words import unit_of
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import format_length, unit_ratio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiepoint.measure.statistics import Statistics
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.region import Region
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import AnyArray
    from tiepoint.support.tasks import TaskControl

WITHOUT_VALUES = ("spectrum", "log", "mesh")
ALL_OF_IT = 0.995
"""A region that a dataset covers to this part counts as covered."""
MOST_PROBES = 4096


@dataclass(frozen=True, eq=False)
class UnderRegion:
    """What one dataset shows under a region.

    Attributes
    ----------
    dataset, name
        Its id and its name.
    quantity, unit
        What the values are, where the file or the recipe says it.
    statistics
        Of its pixels, or of samples of a volume one voxel apart; ``None`` for classes, which have
        no mean, and where there is nothing to measure.
    samples
        Whether `statistics` counts samples along the region's plane, interpolated, and not pixels.
    shares
        (class, part of the pixels) of a label map, the largest first.
    covered
        Part of the region that the dataset covers, 0–1.
    error
        Largest semi-axis of the 95 % ellipse of the region's middle there, in `error_unit`; 0 where
        both share a frame, ``None`` where it is not known.
    notes
        What there is to know before relying on it, in sentences.
    """

    dataset: str
    name: str
    quantity: str = ""
    unit: str | None = None
    statistics: Statistics | None = None
    samples: bool = False
    shares: tuple[tuple[str, float], ...] = ()
    covered: float = 0.0
    error: float | None = 0.0
    error_unit: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether there is anything but a reason."""
        return self.statistics is not None or bool(self.shares)


def measurable(region: Region) -> bool:
    """Whether a region covers an area, a volume or a point."""
    return region.shape not in ("line", "polyline")


def under_region(
    session: Session, region: Region, control: TaskControl | None = None
) -> Iterator[UnderRegion]:
    """Yield what every dataset with values shows under a region; may read files and take time.

    Datasets that no registration relates to the region, and those whose file is missing, come with
    a reason instead of values. Spectrum images are measured as the sum over all their channels.

    Parameters
    ----------
    region
        Covers an area, a volume (in its own dataset) or a point.

    Raises
    ------
    TiepointError
        If the region is a line, which covers no area.
    """
    if not measurable(region):
        raise TiepointError(f"A {region.shape} covers no area: draw a rectangle or a polygon.")
    datasets = [d for d in session.project.datasets if d.kind not in WITHOUT_VALUES]
    datasets = [d for d in datasets if d.ndim_space in (2, 3)]
    for done, dataset in enumerate(datasets):
        if control is not None:
            control.check()
            control.progress(done / len(datasets), dataset.name)
        yield _one(session, region, dataset, control)


def _one(
    session: Session, region: Region, dataset: Dataset, control: TaskControl | None
) -> UnderRegion:
    home = session.dataset(region.dataset)
    found = UnderRegion(dataset.id, dataset.name, *_quantity(session, dataset))
    if not session.locating.are_related(home.id, dataset.id):
        seen = session.locating.can_be_seen(home.id, dataset.id)
        why = f"is a projection of {home.name}" if seen else f"is not registered to {home.name}"
        return replace(found, error=None, notes=(f"{dataset.name} {why}.",))
    if dataset.rgb and dataset.metadata.settings.get("colour_key"):
        words = f"The colours of {dataset.name} stand for directions, which have no mean of values."
        return replace(found, notes=(words,))
    if problem := session.linking.problem(dataset):
        return replace(found, error=None, notes=(problem,))
    try:
        found = _measured(session, region, home, dataset, found, control)
    except TiepointError as error:
        return replace(found, error=None, notes=(str(error),))
    return _with_doubts(session, region, home, dataset, found)


def _quantity(session: Session, dataset: Dataset) -> tuple[str, str | None]:
    if dataset.recipe is not None:
        return dataset.recipe.label, unit_of(session, dataset)
    if dataset.kind == "spectrum image":
        summed = "intensity" if dataset.dtype.startswith("float") else "counts"
        return "sum of all channels", dataset.quantity.unit or summed
    if dataset.rgb:
        return "mean of red, green and blue", None
    return dataset.quantity.name, dataset.quantity.unit


def _measured(
    session: Session,
    region: Region,
    home: Dataset,
    dataset: Dataset,
    found: UnderRegion,
    control: TaskControl | None,
) -> UnderRegion:
    own_volume = dataset.ndim_space == 3 and home.frame == dataset.frame
    whole = dataset.ndim_space == 2 or (own_volume and region.shape in ("box", "point"))
    if whole or region.shape == "point":
        values, covered = _pixels(session, region, dataset, control)
    else:
        values, covered = _samples(session, region, home, dataset, control)
        found = replace(found, samples=True)
    if not values.size:
        raise TiepointError(f"The region lies outside {dataset.name}.")
    if whole and region.shape not in ("box", "point"):
        covered = _share_inside(session, region, home, dataset)
    return replace(_summed_up(dataset, values, found), covered=covered)


def _pixels(
    session: Session, region: Region, dataset: Dataset, control: TaskControl | None
) -> tuple[AnyArray, float]:
    """Return the values of the pixels whose centres the region covers, and 1."""
    drawing = session.drawing
    drawable = shown_axes(dataset)
    if not drawing.has_values(dataset):
        drawing.prepare(dataset, control)
        if not drawing.has_values(dataset):
            raise TiepointError(
                f"{dataset.name} is shown by a sample of its patterns: keep a detector's image."
            )
    mask = covered_pixels(session, drawable, region)
    if not mask.pixels:
        raise TiepointError(f"The region covers no pixel centre of {dataset.name}.")
    array = drawing.levels(dataset)[0].array
    values = np.asarray(array[(*drawing.leading(drawable), *mask.slices)])
    return values[mask.mask], 1.0


def _samples(
    session: Session,
    region: Region,
    home: Dataset,
    dataset: Dataset,
    control: TaskControl | None,
) -> tuple[AnyArray, float]:
    """Return a volume's values in the region's plane, a voxel apart, and the part it covers."""
    voxel = min(abs(axis.scale) for axis in dataset.spatial_axes)
    pixel = voxel * unit_ratio(dataset.unit, home.unit) if dataset.unit and home.unit else None
    plane, grid, inside = section_pixels(region, home, pixel)
    drawn = session.drawing.section(dataset, home.id, plane, grid, control)
    there = inside & drawn.mask
    return np.asarray(drawn.values)[there], float(there.sum() / inside.sum())


def _share_inside(session: Session, region: Region, home: Dataset, dataset: Dataset) -> float:
    """Return the part of a region's area that lies above or below an image."""
    extent = np.ptp(np.asarray(region.vertices, float), axis=0).max()
    plane, grid, inside = section_pixels(region, home, float(extent) / 64)
    index = np.argwhere(inside)[:: max(1, int(inside.sum()) // MOST_PROBES)].astype(float)
    places = plane.plane_to_frame(grid.index_to_physical(index))
    there = session.locating.frame_transform(home.id, dataset.id)(places)[:, 1:]
    low, high = bounds(shown_axes(dataset))
    return float(np.all((there >= low) & (there <= high), axis=1).mean())


def _summed_up(dataset: Dataset, values: AnyArray, found: UnderRegion) -> UnderRegion:
    if dataset.kind == "labels":
        return replace(found, shares=_shares(dataset, values))
    if dataset.rgb:
        values = values[..., :3].mean(axis=-1)
    return replace(found, statistics=_statistics(dataset, values))


def _statistics(dataset: Dataset, values: AnyArray) -> Statistics:
    """Return the statistics; of angles about their mean direction, in the same period."""
    from tiepoint.measure.statistics import statistics

    period = dataset.quantity.period
    if period is None:
        return statistics(values)
    angles = np.asarray(values, float) * (2 * np.pi / period)
    mean = np.exp(1j * angles[np.isfinite(angles)]).sum()
    centre = float(np.angle(mean)) * period / (2 * np.pi)
    away = np.asarray(values, float) - centre
    return statistics(centre + away - period * np.round(away / period))


def _shares(dataset: Dataset, values: AnyArray) -> tuple[tuple[str, float], ...]:
    names = {entry.value: entry.name for entry in dataset.legend}
    labels, counts = np.unique(values, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return tuple(
        (names.get(int(labels[i]), f"class {int(labels[i])}"), float(counts[i] / values.size))
        for i in order
    )


def _with_doubts(
    session: Session, region: Region, home: Dataset, dataset: Dataset, found: UnderRegion
) -> UnderRegion:
    """Add how well the region is placed there, and what else there is to know."""
    notes = []
    if found.covered < ALL_OF_IT:
        notes.append(f"It covers {100 * found.covered:.0f} % of the region.")
    if found.statistics is not None and found.statistics.left_out:
        notes.append(f"{found.statistics.left_out:,} values are no numbers and left out.")
    if dataset.model_derived:
        notes.append("The values are model-derived.")
    if home.frame == dataset.frame:
        return replace(found, notes=tuple(notes))
    centre = np.asarray(region.vertices, float).mean(axis=0)
    try:
        (place,) = session.locating.locate(home.id, dataset.id, centre[None])
    except TiepointError as refused:
        return replace(found, error=None, notes=(*notes, str(refused)))
    error = None if place.semi_axes is None else float(place.semi_axes.max())
    words = "How well it is placed there is not known."
    if error is not None:
        words = f"Placed to ± {format_length(error, dataset.unit, 2)} (95 %)."
    notes = [*notes, words, *place.warnings]
    return replace(found, error=error, error_unit=dataset.unit, notes=tuple(notes))


def as_json(found: UnderRegion) -> dict[str, Any]:
    """Return what is known in JSON's own types."""
    known = found.statistics
    numbers: dict[str, Any] = {} if known is None else {
        "n": known.n,
        "mean": known.mean,
        "sd": known.sd,
        "median": known.median,
        "min": known.minimum,
        "max": known.maximum,
        "sum": known.total,
        "percentiles": {f"{p:g}": value for p, value in known.percentiles},
    }  # fmt: skip
    return {
        "dataset": found.name,
        "quantity": found.quantity,
        "unit": found.unit,
        **numbers,
        "counts": "samples" if found.samples else "pixels",
        "shares": dict(found.shares),
        "covered": found.covered,
        "error95": found.error,
        "error95_unit": found.error_unit,
        "notes": list(found.notes),
    }
