"""Regions: places that a person marked in a dataset."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tiepoint.model.base import Frozen, new_id

Shape = Literal["point", "line", "polyline", "rectangle", "ellipse", "polygon", "box"]


class Region(Frozen):
    """A marked place.

    Attributes
    ----------
    dataset
        Id of the dataset in whose coordinate system the vertices are given.
    vertices
        (N, K) physical positions in that dataset (pixels where uncalibrated), axis order (y, x)
        or (z, y, x). A rectangle and an ellipse have the four corners of their (possibly rotated)
        bounding rectangle, in order; a line two points; a point one; a box two opposite corners.
    """

    id: str = Field(default_factory=new_id)
    name: str
    shape: Shape
    dataset: str
    vertices: tuple[tuple[float, ...], ...]
    colour: str = "#4ea1ff"
    category: str = ""
    note: str = ""
    author: str = ""
    tags: tuple[str, ...] = ()
    created: str = ""
