"""Vector fields: two components of one file seen as arrows in any plane, and maps made of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.cyclic import CYCLIC_MAP
from tiepoint.data.sampling import draw
from tiepoint.model.dataset import Dataset, Derived, Display, Quantity
from tiepoint.project import edits
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiepoint.geometry.grids import Grid
    from tiepoint.geometry.planes import Plane
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import AnyArray, FloatArray
    from tiepoint.support.tasks import TaskControl

_AT_THE_END = re.compile(r"(?i)^(.*?)[ _\-]?([xy])$")
_PLAIN = {"u": ("", "x"), "v": ("", "y")}
MOST_VALUES = 1 << 26


@dataclass(frozen=True)
class VectorField:
    """Two components of one file on one grid.

    Attributes
    ----------
    x, y
        Components along the x and y axis of the datasets' own coordinates.
    name
        What the vectors are: ``"displacement"``.
    unit
        Of the components, as the file states it; ``None`` if it does not.
    """

    x: Dataset
    y: Dataset
    name: str
    unit: str | None


@dataclass(frozen=True, eq=False)
class Arrows:
    """Vectors of a field as they are seen in a plane.

    Attributes
    ----------
    places
        (N, 2) plane coordinates (y, x) of their middles.
    directions
        (N, 2) unit vectors in plane coordinates (y, x).
    lengths
        (N,) lengths of their parts within the plane, in the unit of the components.
    """

    places: FloatArray
    directions: FloatArray
    lengths: FloatArray


def vector_fields(datasets: Sequence[Dataset]) -> list[VectorField]:
    """Return the pairs of components among datasets: of one origin, one grid and one unit.

    One origin is a file, or one computation (the two components of centres of mass).

    A reader says which component a dataset is (`Quantity.component`); else names that differ in a
    last x or y (``Bx`` and ``By``), or are ``u`` and ``v``, are taken as a pair.
    """
    found: dict[tuple[object, ...], dict[str, Dataset]] = {}
    names: dict[tuple[object, ...], str] = {}
    for dataset in datasets:
        part = _component(dataset)
        origin = _origin(dataset)
        if part is None or not origin or dataset.ndim_space != 2 or dataset.rgb:
            continue
        name, letter = part
        key = (origin, dataset.axes, name.lower(), dataset.quantity.unit)
        found.setdefault(key, {})[letter] = dataset
        names[key] = name
    return [
        VectorField(pair["x"], pair["y"], names[key] or "vector", pair["x"].quantity.unit)
        for key, pair in found.items()
        if len(pair) == 2
    ]


def _origin(dataset: Dataset) -> str:
    """Return what the components of one field share: their file, or how they were computed.

    Computed components run along rising indices; where an axis falls they are no field.
    """
    if dataset.link is not None:
        return dataset.link.path
    made = dataset.derived
    if made is None or not dataset.quantity.component or any(a.scale < 0 for a in dataset.axes):
        return ""
    settings = {key: value for key, value in made.settings.items() if key != "component"}
    return f"{made.operation} of {made.sources} {settings}"


def _component(dataset: Dataset) -> tuple[str, str] | None:
    """Return the name of the vector and which component a dataset is; ``None`` if it is none."""
    quantity = dataset.quantity
    if quantity.component:
        return (quantity.name, quantity.component) if quantity.component in "xy" else None
    last = dataset.name.replace("·", "/").rpartition("/")[2].strip()
    if last.lower() in _PLAIN:
        return _PLAIN[last.lower()]
    found = _AT_THE_END.match(last)
    return (found[1], found[2].lower()) if found and found[1] else None


def arrows(
    session: Session,
    field: VectorField,
    frame: str,
    plane: Plane,
    grid: Grid,
    control: TaskControl | None = None,
    *,
    less: tuple[float, float] = (0.0, 0.0),
) -> Arrows:
    """Return the vectors of a field at the pixels of a grid in a plane of any frame.

    A vector turns with the transform from the field's own coordinates to the frame (its Jacobian
    at that place): it goes on pointing at the same features. Its length stays that of the
    components, in their unit, whatever the frame's; of one that leaves the plane, the part
    within the plane is drawn.

    Parameters
    ----------
    frame, plane, grid
        Dataset id, plane in its coordinates, places in plane coordinates.
    less
        (y, x) taken away from every vector, in the components' unit: a common shift.

    Raises
    ------
    TiepointError
        If no registration leads from the frame to the field, or it cannot be read.
    """
    to_field = session.locating.frame_transform(frame, field.x.id)
    along_y, along_x = (
        draw(
            part, session.drawing.levels(part), grid, plane, to_field,
            leading=session.drawing.leading(part), cache=session.store.chunks,
            cancel=control.cancelled if control else None, plainly=session.drawing.plainly(),
        )
        for part in (field.y, field.x)
    )  # fmt: skip
    y, x = (np.asarray(s.values, float) for s in (along_y, along_x))
    known = along_y.mask & along_x.mask & np.isfinite(y) & np.isfinite(x)
    index = np.argwhere(known)
    own = np.column_stack([np.zeros(len(index)), y[known] - less[0], x[known] - less[1]])
    places = grid.index_to_physical(index.astype(float)).reshape(-1, 2)
    to_frame = session.locating.frame_transform(field.x.id, frame)
    turned = _turned(own, to_frame.jacobian(to_field(plane.plane_to_frame(places))))
    flat = turned @ plane.basis
    length, whole, within = (np.linalg.norm(v, axis=1) for v in (own, turned, flat))
    share = np.divide(within, whole, out=np.zeros_like(whole), where=whole > 0)
    some = within[:, None] > 0
    directions = np.divide(flat, within[:, None], out=np.zeros_like(flat), where=some)
    return Arrows(places, directions, length * share)


def _turned(vectors: FloatArray, jacobians: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("nij,nj->ni", jacobians, vectors))


def mean_of(session: Session, field: VectorField) -> tuple[float, float]:
    """Return the mean (y, x) of a field, in the components' unit; values that are none left out."""
    y, x = values_of(session, field)
    return float(np.nanmean(y)), float(np.nanmean(x))


def values_of(session: Session, field: VectorField) -> tuple[AnyArray, AnyArray]:
    """Return both components (rows, cols) along y and x.

    Raises
    ------
    TiepointError
        If they are too many to be held, or cannot be read.
    """
    if field.x.axes and np.prod(field.x.shape, dtype=float) > MOST_VALUES:
        raise TiepointError(f"{field.x.name} is too large for this: crop it first.")
    y, x = (np.asarray(session.store.array(part)[...], float) for part in (field.y, field.x))
    return y, x


def add_maps(session: Session, field: VectorField) -> list[Dataset]:
    """Add maps of a field's magnitude and direction to the project; one undo step.

    The direction is the angle from the x axis of the components' own coordinates towards their y
    axis, in degrees from -180 to 180, whatever frame it is seen in.
    """
    y, x = values_of(session, field)
    size, angle = np.hypot(y, x), np.degrees(np.arctan2(y, x))
    length = Quantity(name=field.name, unit=field.unit)
    turn = Quantity(name=f"direction of {field.name}", unit="°", period=360.0)
    parts = [
        ("magnitude", size, length, Display(colormap="viridis")),
        ("direction", angle, turn, Display(colormap=CYCLIC_MAP, limits=(-180.0, 180.0))),
    ]
    made = []
    for operation, values, quantity, display in parts:
        dataset = Dataset(
            name=f"{field.name} {operation}",
            technique=field.x.technique,
            kind="image",
            axes=field.x.axes,
            dtype="float32",
            frame=field.x.frame,
            group=field.x.group,
            display=display.replace(visible=operation == "magnitude"),
            quantity=quantity,
            derived=Derived(operation=operation, sources=(field.x.id, field.y.id)),
        )
        session.store.put(dataset.id, values.astype(np.float32))
        made.append(dataset)
    label = f"Magnitude and direction of {field.name}"
    session.document.apply(label, edits.add_datasets(made))
    return [session.dataset(dataset.id) for dataset in made]
