"""Walking along edges: positions, and how they depend on the parameters of every edge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiepoint.geometry.transforms import Transform
    from tiepoint.registration.form import Form
    from tiepoint.registration.graph.frames import Edge
    from tiepoint.support.arrays import FloatArray


@dataclass(frozen=True, eq=False)
class Hop:
    """One edge, walked from moving to fixed (`forward`) or back."""

    edge: Edge
    forward: bool

    @property
    def start(self) -> str:
        """Id of the frame where the hop begins."""
        return self.edge.moving if self.forward else self.edge.fixed

    @property
    def end(self) -> str:
        """Id of the frame where it ends."""
        return self.edge.fixed if self.forward else self.edge.moving

    @property
    def loses_depth(self) -> bool:
        """Whether the hop drops a dimension: a section walked back, a projection forward."""
        transform = self.edge.transform
        drop = transform.n_in - transform.n_out
        return (drop if self.forward else -drop) > 0


@dataclass(frozen=True, eq=False)
class Walk:
    """Where points come to along hops.

    Attributes
    ----------
    positions
        One array (N, K) per frame, the first being the given points.
    linear
        (N, K_end, K_start) linear part of the whole walk.
    columns
        Edge id -> (N, K_end, p) derivative of the end positions with respect to the local
        update of that edge's parameters.
    off_plane
        Hop number -> (N,) signed distance from the section, along the section's own z axis, in
        the volume's unit, for sections that are walked back.
    """

    positions: tuple[FloatArray, ...]
    linear: FloatArray
    columns: dict[str, FloatArray] = field(default_factory=dict)
    off_plane: dict[int, FloatArray] = field(default_factory=dict)

    @property
    def end(self) -> FloatArray:
        """Positions (N, K) in the last frame."""
        return self.positions[-1]


def current_transform(edge: Edge, thetas: Mapping[str, FloatArray]) -> Transform:
    """Return the edge's transform, with adjusted parameters where there are some."""
    theta = thetas.get(edge.id)
    if edge.form is None or theta is None:
        return edge.transform
    return edge.form.transform(theta)


def walk(
    hops: tuple[Hop, ...], points: FloatArray, thetas: Mapping[str, FloatArray] | None = None
) -> Walk:
    """Map points along hops and differentiate.

    Parameters
    ----------
    hops
        Each beginning where the one before ends; no edge twice.
    points
        (N, n) in the first frame.
    thetas
        Adjusted parameters by edge id; others stay as fitted.

    Raises
    ------
    ValueError
        If a hop has no inverse, such as a projection walked back.
    """
    thetas = thetas or {}
    positions = [np.asarray(points, float)]
    n = positions[0].shape[1]
    linear = np.broadcast_to(np.eye(n), (len(points), n, n))
    columns: dict[str, FloatArray] = {}
    off_plane: dict[int, FloatArray] = {}
    for number, hop in enumerate(hops):
        step = (_forward if hop.forward else _backward)(hop.edge, positions[-1], thetas)
        columns = {key: step.linear @ value for key, value in columns.items()}
        if step.columns is not None:
            columns[hop.edge.id] = step.columns
        if step.off_plane is not None:
            off_plane[number] = step.off_plane
        linear = step.linear @ linear
        positions.append(step.end)
    return Walk(tuple(positions), linear, columns, off_plane)


@dataclass(frozen=True, eq=False)
class _Step:
    end: FloatArray
    linear: FloatArray
    columns: FloatArray | None
    off_plane: FloatArray | None = None


def _forward(edge: Edge, points: FloatArray, thetas: Mapping[str, FloatArray]) -> _Step:
    transform = current_transform(edge, thetas)
    columns = None
    if edge.form is not None and edge.theta is not None:
        columns = _columns(edge.form, thetas.get(edge.id, edge.theta), points)
    return _Step(transform(points), transform.jacobian(points), columns)


def _backward(edge: Edge, points: FloatArray, thetas: Mapping[str, FloatArray]) -> _Step:
    """Walk from fixed to moving: ``dx = A⁻¹ (dy - J dtheta)`` at the moving point x."""
    transform = current_transform(edge, thetas)
    moved = transform.inverse()(points)
    linear = transform.jacobian(moved)
    flat = linear.shape[1] > linear.shape[2]
    back = np.asarray(np.linalg.pinv(linear) if flat else _inverted(linear), float)
    columns = None
    if edge.form is not None and edge.theta is not None:
        theta = thetas.get(edge.id, edge.theta)
        columns = -back @ _columns(edge.form, theta, moved)
        if flat:
            columns += _tilting(edge.form, theta, moved, points - transform(moved), linear)
    return _Step(moved, back, columns, _height(linear, points - transform(moved)) if flat else None)


def _columns(form: Form, theta: FloatArray, points: FloatArray) -> FloatArray:
    columns = form.jacobian_theta(theta, points)
    return np.array(np.broadcast_to(columns, (len(points), *columns.shape[-2:])))


def _inverted(linear: FloatArray) -> FloatArray:
    """Invert (N, K, K); NaN where it is singular or not known."""
    result = np.full(linear.shape, np.nan)
    size = np.linalg.det(linear)
    known = np.flatnonzero(np.isfinite(size) & (size != 0))
    result[known] = np.linalg.inv(linear[known])
    return result


def _tilting(
    form: Form, theta: FloatArray, moved: FloatArray, away: FloatArray, linear: FloatArray
) -> FloatArray:
    """Return how the foot of a point off the section moves when the section tilts.

    The foot x solves ``Aᵀ (y - T(x)) = 0``; its differential has a second part,
    ``(Aᵀ A)⁻¹ dAᵀ (y - T(x))``, which grows with the distance from the plane.
    """
    here = _columns(form, theta, moved)
    unit = np.eye(moved.shape[1])
    lever = np.stack(
        [
            np.einsum("nk,nkp->np", away, _columns(form, theta, moved + unit[axis]) - here)
            for axis in range(moved.shape[1])
        ],
        axis=1,
    )
    gram = np.swapaxes(linear, 1, 2) @ linear
    return np.asarray(np.linalg.solve(gram, lever))


def _height(linear: FloatArray, away: FloatArray) -> FloatArray:
    """Return the signed length of `away` (N, 3) along the normal of the plane (N, 3, 2)."""
    normal = np.cross(linear[:, :, 0], linear[:, :, 1])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    return np.asarray((normal * away).sum(axis=1))
