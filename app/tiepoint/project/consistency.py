"""What every project keeps: unique ids, references that exist, finite numbers, right dimensions.

Checked after every edit (only what the edit touched) and when a file is opened (all of it).
"""

from __future__ import annotations

from collections import Counter
from math import isfinite
from typing import TYPE_CHECKING

from tiepoint.geometry.rfc5 import from_rfc5
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project, SectionPlane
    from tiepoint.model.region import Region
    from tiepoint.model.registration import LandmarkPair, Registration

_VERTICES = {
    "point": (1, 1),
    "line": (2, 2),
    "polyline": (2, None),
    "rectangle": (4, 4),
    "ellipse": (4, 4),
    "polygon": (3, None),
    "box": (2, 2),
}


def require_consistent(project: Project, known_good: Project | None = None) -> None:
    """Refuse a project that contradicts itself.

    Parameters
    ----------
    known_good
        A consistent project; parts shared with it are not checked again.

    Raises
    ------
    TiepointError
        With the first contradiction in words.
    """
    for problem in problems(project, known_good):
        raise TiepointError(problem)


def problems(project: Project, known_good: Project | None = None) -> Iterator[str]:
    """Yield what contradicts itself in `project`, one sentence each."""
    known = _identities(known_good)
    datasets = {dataset.id: dataset for dataset in project.datasets}
    yield from _repeated("dataset", (item.id for item in project.datasets))
    yield from _repeated("region", (item.id for item in project.regions))
    yield from _repeated("registration", (item.id for item in project.registrations))
    for dataset in project.datasets:
        if id(dataset) not in known:
            yield from dataset_problems(dataset)
        if dataset.recipe is not None and dataset.recipe.source not in datasets:
            yield f"The map {dataset.name!r} is computed from a dataset that is not in the project."
    for region in project.regions:
        home = datasets.get(region.dataset)
        if home is None:
            yield f"The region {region.name!r} lies in a dataset that is not in the project."
        elif id(region) not in known or id(home) not in known:
            yield from _region(region, home)
    for registration in project.registrations:
        yield from _registration(registration, datasets, known)
    yield from _in_use(project)
    yield from _view(project, datasets)


def _identities(project: Project | None) -> frozenset[int]:
    if project is None:
        return frozenset()
    parts = (*project.datasets, *project.regions, *project.registrations)
    pairs = (pair for registration in project.registrations for pair in registration.pairs)
    return frozenset([*map(id, parts), *map(id, pairs)])


def _repeated(noun: str, ids: Iterable[str]) -> Iterator[str]:
    for item, count in Counter(ids).items():
        if count > 1:
            yield f"{count} {noun}s have the same id {item!r}."


def _finite(numbers: Iterable[float | None]) -> bool:
    return all(number is None or isfinite(number) for number in numbers)


def _positive(numbers: Iterable[float]) -> bool:
    return all(isfinite(number) and number > 0 for number in numbers)


def dataset_problems(dataset: Dataset) -> Iterator[str]:
    """Yield what is wrong with a dataset by itself."""
    name = repr(dataset.name)
    for axis in dataset.axes:
        if axis.size < 1:
            yield f"The axis {axis.name!r} of {name} has no samples."
        if not _finite((axis.scale, axis.offset, *(axis.values or ()))) or axis.scale == 0:
            yield f"The axis {axis.name!r} of {name} has a step or position that is not a number."
        if axis.values is not None and len(axis.values) != axis.size:
            yield (
                f"The axis {axis.name!r} of {name} has {axis.size} samples but "
                f"{len(axis.values)} positions."
            )
    recipe = dataset.recipe
    if recipe is not None:
        windows = (recipe.window, *recipe.background_windows)
        if not all(_finite(window) and window[0] <= window[1] for window in windows):
            yield f"The map {name} is computed from a window that is not two numbers in order."
    display = dataset.display
    if not _finite((display.opacity, display.gamma, *(display.limits or ()))):
        yield f"The display of {name} has a limit that is not a number."
    if not _finite((dataset.minutes,)) or bool(dataset.series) != (dataset.minutes is not None):
        yield f"{name} belongs to a time series, but its time is not a number."
    if dataset.fle is not None and (
        len(dataset.fle) != dataset.ndim_space or not _positive(dataset.fle)
    ):
        yield (
            f"The localisation error of {name} must be {dataset.ndim_space} positive numbers, "
            "one per spatial axis."
        )


def _region(region: Region, home: Dataset) -> Iterator[str]:
    name = repr(region.name)
    low, high = _VERTICES[region.shape]
    count = len(region.vertices)
    if count < low or (high is not None and count > high):
        wanted = f"{low}" if high == low else f"at least {low}"
        yield f"The {region.shape} {name} has {count} vertices instead of {wanted}."
    if any(len(vertex) != home.ndim_space for vertex in region.vertices):
        yield f"The vertices of {name} must have {home.ndim_space} numbers each, as {home.name!r}."
    if not all(_finite(vertex) for vertex in region.vertices):
        yield f"A vertex of {name} is not a finite number."


def _registration(
    registration: Registration, datasets: dict[str, Dataset], known: frozenset[int]
) -> Iterator[str]:
    moving, fixed = datasets.get(registration.moving), datasets.get(registration.fixed)
    if moving is None or fixed is None:
        yield "A registration joins a dataset that is not in the project."
        return
    if moving is fixed:
        yield f"{moving.name!r} cannot be registered with itself."
    if {id(registration), id(moving), id(fixed)} <= known:
        return
    where = f"{moving.name!r} on {fixed.name!r}"
    yield from _repeated("landmark pair", (pair.id for pair in registration.pairs))
    yield from _transform(registration, moving, fixed, where)
    ends_known = {id(moving), id(fixed)} <= known
    for pair in registration.pairs:
        if not (ends_known and id(pair) in known):
            yield from pair_problems(pair, moving.ndim_space, fixed.ndim_space, where)


def _transform(
    registration: Registration, moving: Dataset, fixed: Dataset, where: str
) -> Iterator[str]:
    """Yield why a stored transform is none of the kinds that there are."""
    if registration.result is None:
        return
    try:
        found = from_rfc5(registration.result.moving_to_fixed, moving.ndim_space)
    except TiepointError as error:
        yield f"The transform of {where} cannot be read: {str(error).rstrip('.')}."
        return
    if (found.n_in, found.n_out) != (moving.ndim_space, fixed.ndim_space):
        yield f"The transform of {where} does not fit the dimensions of the two."


def pair_problems(pair: LandmarkPair, n_moving: int, n_fixed: int, where: str) -> Iterator[str]:
    """Yield what is wrong with a landmark pair between spaces of these dimensions."""
    for word, point, fle, n in (
        ("moving", pair.moving, pair.fle_moving, n_moving),
        ("fixed", pair.fixed, pair.fle_fixed, n_fixed),
    ):
        if len(point) != n or not _finite(point):
            yield f"The {word} point of {pair.name!r} ({where}) must be {n} finite numbers."
        if fle is not None and (len(fle) != n or not _positive(fle)):
            yield (
                f"The {word} localisation error of {pair.name!r} ({where}) must be "
                f"{n} positive numbers."
            )


def _in_use(project: Project) -> Iterator[str]:
    used: Counter[frozenset[str]] = Counter()
    for registration in project.registrations:
        used[frozenset((registration.moving, registration.fixed))] += registration.in_use
    for count in used.values():
        if count != 1:
            yield f"{count} registrations of the same two datasets are in use instead of one."


def _view(project: Project, datasets: dict[str, Dataset]) -> Iterator[str]:
    view = project.view
    if view.frame is not None and view.frame not in datasets:
        yield "The view frame is a dataset that is not in the project."
    if not _finite((view.depth, *view.tilt_deg, view.minutes or 0.0)):
        yield "The view has a depth, tilt or time that is not a number."
    if view.slab is not None and not _positive((view.slab.thickness,)):
        yield "The view has a section whose thickness is not a positive number."
    if view.plane is not None and not _is_plane(view.plane):
        yield "The view has a section whose directions are not perpendicular unit vectors."


def _is_plane(plane: SectionPlane) -> bool:
    """Whether a free section has finite numbers and perpendicular unit directions."""
    if not _finite((*plane.origin, *plane.along_y, *plane.along_x)):
        return False
    yy, xx, yx = (
        sum(a * b for a, b in zip(one, other, strict=True))
        for one, other in (
            (plane.along_y, plane.along_y),
            (plane.along_x, plane.along_x),
            (plane.along_y, plane.along_x),
        )
    )
    return max(abs(yy - 1), abs(xx - 1), abs(yx)) < 1e-6
