"""Sections by name: along an axis of the frame or the stage, in the plane of an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.sampling import bounds
from tiepoint.geometry.planes import Plane
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiepoint.model.dataset import Dataset
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import FloatArray

AXES = {"z": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "x": (0.0, 0.0, 1.0)}
STAGE_AXES = {"Z": 0, "Y": 1, "X": 2}


@dataclass(frozen=True)
class Direction:
    """A way to look that can be offered.

    Attributes
    ----------
    key
        For `plane_of`: ``"axis z"``, ``"stage Z <dataset id>"``, ``"image <dataset id>"``.
    words
        For the menu.
    """

    key: str
    words: str


def directions(session: Session, frame: str) -> list[Direction]:
    """Return the directions in which a frame can be looked along, nearest at hand first."""
    view = session.dataset(frame)
    found = [Direction(f"axis {name}", f"Along {name} of {view.name}") for name in AXES]
    related = [d for d in _pictures(session) if session.locating.are_related(d.id, frame)]
    for dataset in related:
        found += [
            Direction(f"stage {axis} {dataset.id}", f"Along stage {axis} of {dataset.name}")
            for axis in stage_axes(dataset)
        ]
    images = [d for d in related if d.ndim_space == 2 and d.id != frame]
    found += [Direction(f"image {d.id}", f"In the plane of {d.name}") for d in images]
    return found


def plane_of(session: Session, frame: str, key: str, through_zyx: FloatArray) -> Plane:
    """Return the section of a frame that looks along a direction.

    Parameters
    ----------
    key
        Of a `Direction`.
    through_zyx
        (3,) point of the frame that an axis' section goes through; an image's own section goes
        through the image.

    Raises
    ------
    TiepointError
        If no registration leads to the image or stage.
    """
    kind, _, rest = key.partition(" ")
    if kind == "image":
        return image_plane(session, frame, rest)
    if kind == "axis":
        return across(np.array(AXES[rest]), through_zyx)
    axis, _, dataset_id = rest.partition(" ")
    return across(stage_axis(session, frame, dataset_id, axis), through_zyx)


def image_plane(session: Session, frame: str, image: str) -> Plane:
    """Return the section of a frame in which an image lies, turned as the image is.

    Its plane coordinates (0, 0) are the image's middle.

    Raises
    ------
    TiepointError
        If no registration leads from the image to the frame.
    """
    dataset = session.dataset(image)
    to_frame = session.locating.frame_transform(dataset.id, frame)
    middle = bounds(dataset).mean(axis=0)
    middle = np.append(0.0, middle) if dataset.ndim_space == 2 else middle
    linear = to_frame.jacobian(middle[None])[0][:, 1:]
    return Plane(to_frame(middle[None])[0], _perpendicular(linear))


def across(normal_zyx: FloatArray, through_zyx: FloatArray) -> Plane:
    """Return the plane through a point across a direction, its x and y near the frame's."""
    normal = normal_zyx / np.linalg.norm(normal_zyx)
    flat = np.eye(3) - np.outer(normal, normal)
    along_x = flat[:, 2] if np.linalg.norm(flat[:, 2]) > 0.1 else flat[:, 1]
    along_x = along_x / np.linalg.norm(along_x)
    return Plane(
        np.asarray(through_zyx, float), np.column_stack([np.cross(along_x, normal), along_x])
    )


def stage_axis(session: Session, frame: str, image: str, axis: str) -> FloatArray:
    """Return (3,) a stage axis of the instrument that took an image, in a frame.

    The image shows a surface that lies across the stage's Z axis, whatever the tilt at which it
    was taken; with an unrotated scan its x and y are those of the stage.

    Raises
    ------
    TiepointError
        If the image's file does not tell so much about the stage.
    """
    dataset = session.dataset(image)
    if axis not in stage_axes(dataset):
        raise TiepointError(f"The file of {dataset.name} does not say how stage {axis} lies.")
    to_frame = session.locating.frame_transform(dataset.id, frame)
    middle = np.append(0.0, bounds(dataset).mean(axis=0))
    turned = to_frame.jacobian(middle[None])[0][:, STAGE_AXES[axis]]
    return np.asarray(turned / np.linalg.norm(turned))


def stage_axes(dataset: Dataset) -> tuple[str, ...]:
    """Return the stage axes whose direction an image's file tells: Z, and with no rotation X, Y."""
    references, settings = dataset.metadata.references, dataset.metadata.settings
    if dataset.ndim_space != 2 or not references.get("stage"):
        return ()
    rotation = settings.get("scan_rotation_rad", settings.get("scan_rotation_deg"))
    return tuple(STAGE_AXES) if rotation == 0 else ("Z",)


def _pictures(session: Session) -> Iterator[Dataset]:
    for dataset in session.project.datasets:
        if dataset.ndim_space in (2, 3) and dataset.recipe is None:
            yield dataset


def _perpendicular(linear: FloatArray) -> FloatArray:
    """(3, 2) unit directions from two that span a plane: x kept, y made perpendicular."""
    x = linear[:, 1] / np.linalg.norm(linear[:, 1])
    y = linear[:, 0] - (linear[:, 0] @ x) * x
    return np.column_stack([y / np.linalg.norm(y), x])
