"""Edits of pixel size and localisation error."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from tiepoint.project import lookup
from tiepoint.project.edits.base import Edit, with_dataset
from tiepoint.project.refit import refit
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import length_unit, unit_ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.geometry.transforms import Affine
    from tiepoint.model.axes import Axis
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project
    from tiepoint.model.region import Region
    from tiepoint.model.registration import LandmarkPair, Registration

Point = tuple[float, ...]


@dataclass(frozen=True)
class _Rescaling:
    """``new = factor * old + shift`` per spatial axis of one dataset, and the new unit."""

    factors: Point
    shifts: Point
    unit: str

    def point(self, point: Point) -> Point:
        return tuple(
            f * value + s for f, value, s in zip(self.factors, point, self.shifts, strict=True)
        )

    def transform(self) -> Affine:
        """Return the same as a transform of points in the dataset."""
        import numpy as np

        from tiepoint.geometry.transforms import Affine

        return Affine.scaling(np.array(self.factors), np.array(self.shifts))

    def length(self, lengths: Point | None) -> Point | None:
        if lengths is None:
            return None
        return tuple(abs(f) * value for f, value in zip(self.factors, lengths, strict=True))


def set_calibration(
    dataset_id: str,
    scales: Sequence[float],
    unit: str,
    offsets: Sequence[float] | None = None,
) -> Edit:
    """Set the pixel size; what was marked stays on the pixels where it was marked.

    Landmarks, regions and localisation errors in this dataset are rescaled with it, and so is
    every dataset of the same scan (same `frame`). Registrations that it takes part in are
    fitted again.

    Parameters
    ----------
    scales
        Step per spatial axis, (z, y, x) or (y, x), in `unit`; not zero, may be negative.
    unit
        A length unit in any common spelling.
    offsets
        Position of index 0 per spatial axis in `unit`; by default the present position of
        index 0, counted in pixels, is kept.

    Raises
    ------
    TiepointError
        If the unit is not a length, or the numbers do not fit the dataset.
    """
    standard = length_unit(unit)
    if standard is None:
        raise TiepointError(f"{unit!r} is not a length unit; use pm, Å, nm, µm, mm, cm or m.")

    def edit(project: Project) -> Project:
        target = lookup.dataset(project, dataset_id)
        rescaling = _rescaling(target, scales, standard, offsets)
        changes = {target.id: rescaling}
        for other in project.datasets:
            if other.frame == target.frame and other.id != target.id and other.ndim_space:
                changes[other.id] = _same_scan(target, rescaling, other)
        return _apply(project, changes)

    return edit


def _rescaling(
    dataset: Dataset, scales: Sequence[float], unit: str, offsets: Sequence[float] | None
) -> _Rescaling:
    axes = dataset.spatial_axes
    for numbers in (scales, offsets):
        if numbers is not None and len(numbers) != len(axes):
            raise TiepointError(
                f"{dataset.name!r} has {len(axes)} spatial axes "
                f"({', '.join(axis.name for axis in axes)}), but {len(numbers)} numbers were given."
            )
        if numbers is not None and not all(isfinite(number) for number in numbers):
            raise TiepointError("A pixel size must be a finite number.")
    if any(scale == 0 for scale in scales):
        raise TiepointError("A pixel size cannot be zero.")
    factors = tuple(scale / axis.scale for scale, axis in zip(scales, axes, strict=True))
    if offsets is None:
        return _Rescaling(factors, (0.0,) * len(axes), unit)
    moved = zip(offsets, factors, axes, strict=True)
    return _Rescaling(factors, tuple(o - f * axis.offset for o, f, axis in moved), unit)


def _same_scan(target: Dataset, rescaling: _Rescaling, other: Dataset) -> _Rescaling:
    """Return what the recalibration of `target` does to a dataset with the same frame."""
    if (target.unit is None) != (other.unit is None):
        raise TiepointError(
            f"{other.name!r} belongs to the same scan as {target.name!r}, but only one of them "
            "has a pixel size; they cannot be recalibrated together."
        )
    ratio = unit_ratio(other.unit, target.unit)
    by_name = {
        axis.name: (factor, shift)
        for axis, factor, shift in zip(
            target.spatial_axes, rescaling.factors, rescaling.shifts, strict=True
        )
    }
    missing = [axis.name for axis in other.spatial_axes if axis.name not in by_name]
    if missing:
        raise TiepointError(
            f"{other.name!r} belongs to the same scan as {target.name!r} but has the axis "
            f"{missing[0]!r} besides; set the pixel size of {other.name!r} instead."
        )
    pairs = [by_name[axis.name] for axis in other.spatial_axes]
    return _Rescaling(
        tuple(factor * ratio for factor, _ in pairs),
        tuple(shift for _, shift in pairs),
        rescaling.unit,
    )


def _apply(project: Project, changes: dict[str, _Rescaling]) -> Project:
    changed = project.replace(
        datasets=tuple(
            _dataset(d, changes[d.id]) if d.id in changes else d for d in project.datasets
        ),
        regions=tuple(
            _region(r, changes[r.dataset]) if r.dataset in changes else r for r in project.regions
        ),
        registrations=tuple(
            _needed(_rescaled(project, r, changes), project, changes) for r in project.registrations
        ),
    )
    return _refit_all(changed, set(changes))


def _dataset(dataset: Dataset, rescaling: _Rescaling) -> Dataset:
    spatial = iter(zip(rescaling.factors, rescaling.shifts, strict=True))
    axes = tuple(
        _axis(axis, *next(spatial), rescaling.unit) if axis.role == "space" else axis
        for axis in dataset.axes
    )
    return dataset.replace(axes=axes, fle=rescaling.length(dataset.fle))


def _axis(axis: Axis, factor: float, shift: float, unit: str) -> Axis:
    values = None
    if axis.values is not None:
        values = tuple(factor * value + shift for value in axis.values)
    return axis.replace(
        scale=axis.scale * factor, offset=axis.offset * factor + shift, unit=unit, values=values
    )


def _region(region: Region, rescaling: _Rescaling) -> Region:
    return region.replace(vertices=tuple(rescaling.point(v) for v in region.vertices))


def _rescaled(
    project: Project, registration: Registration, changes: dict[str, _Rescaling]
) -> Registration:
    n_moving = lookup.dataset(project, registration.moving).ndim_space
    ends = (changes.get(registration.moving), changes.get(registration.fixed))
    return _registration(registration, n_moving, *ends)


def _registration(
    registration: Registration,
    n_moving: int,
    moving: _Rescaling | None,
    fixed: _Rescaling | None,
) -> Registration:
    if moving is None and fixed is None:
        return registration
    if registration.found is not None and not registration.pairs:
        return _found(registration, n_moving, moving, fixed)
    return registration.replace(pairs=tuple(_pair(p, moving, fixed) for p in registration.pairs))


def _found(
    registration: Registration,
    n_moving: int,
    moving: _Rescaling | None,
    fixed: _Rescaling | None,
) -> Registration:
    """Return a registration found from the images whose transform joins the same pixels still."""
    from tiepoint.geometry.rfc5 import from_rfc5, to_rfc5
    from tiepoint.geometry.transforms import Transform, chain

    found, result = registration.found, registration.result
    if found is None or result is None:
        return registration
    steps: list[Transform] = [from_rfc5(result.moving_to_fixed, n_moving)]
    if moving is not None:
        steps.insert(0, moving.transform().inverse())
    if fixed is not None:
        steps.append(fixed.transform())
        found = found.replace(sigma=fixed.length(found.sigma))
    words = to_rfc5(chain(*steps))
    return registration.replace(result=result.replace(moving_to_fixed=words), found=found)


def _needed(
    registration: Registration, before: Project, changes: dict[str, _Rescaling]
) -> Registration:
    """Keep the error that is needed as a length: it is said in the fixed dataset's unit."""
    fixed = changes.get(registration.fixed)
    if fixed is None or registration.needed is None:
        return registration
    old = lookup.dataset(before, registration.fixed).unit
    if old is None:
        return registration.replace(needed=None)
    return registration.replace(needed=registration.needed * unit_ratio(old, fixed.unit))


def _pair(pair: LandmarkPair, moving: _Rescaling | None, fixed: _Rescaling | None) -> LandmarkPair:
    if moving is not None:
        fle = moving.length(pair.fle_moving)
        pair = pair.replace(moving=moving.point(pair.moving), fle_moving=fle)
    if fixed is not None:
        fle = fixed.length(pair.fle_fixed)
        pair = pair.replace(fixed=fixed.point(pair.fixed), fle_fixed=fle)
    return pair


def set_fle(dataset_id: str, fle: Sequence[float] | None) -> Edit:
    """Set the 1 σ localisation error per spatial axis in the dataset's unit.

    ``None``: half a pixel. Registrations that the dataset takes part in are fitted again.
    """
    value = None if fle is None else tuple(float(number) for number in fle)

    def edit(project: Project) -> Project:
        changed = with_dataset(project, dataset_id, lambda old: old.replace(fle=value))
        return _refit_all(changed, {dataset_id})

    return edit


def _refit_all(project: Project, dataset_ids: set[str]) -> Project:
    for registration in project.registrations:
        if {registration.moving, registration.fixed} & dataset_ids:
            project = refit(project, registration.id)
    return project
