"""Outlines of shapes as points, for drawing them and for formats that know polygons only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tiepoint.support.arrays import FloatArray

ELLIPSE_POINTS = 64


def outline(shape: str, vertices: FloatArray) -> FloatArray:
    """Return the points of a shape's outline.

    Parameters
    ----------
    shape
        As in `Region`.
    vertices
        (N, K) of the region, any unit.

    Returns
    -------
    ndarray
        (64, K) points on the ellipse for the four corners of its bounding rectangle; the
        vertices themselves for every other shape.
    """
    vertices = np.asarray(vertices, float)
    if shape != "ellipse" or len(vertices) != 4:
        return vertices
    centre = vertices.mean(axis=0)
    half_a = (vertices[1] - vertices[0]) / 2
    half_b = (vertices[3] - vertices[0]) / 2
    angle = np.linspace(0, 2 * np.pi, ELLIPSE_POINTS, endpoint=False)[:, None]
    return np.asarray(centre + np.cos(angle) * half_a + np.sin(angle) * half_b)
