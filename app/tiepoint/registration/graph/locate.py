"""The answer at a point: position, covariance, 95 % ellipse, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.registration.graph.route import walk
from tiepoint.registration.graph.solution import effective_nu, ellipses_of
from tiepoint.support.units import format_length

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiepoint.registration.error import Ellipses
    from tiepoint.registration.graph.frames import Edge, Frame
    from tiepoint.registration.graph.paths import Path
    from tiepoint.registration.graph.route import Walk
    from tiepoint.registration.graph.solution import Solution
    from tiepoint.support.arrays import AnyArray, FloatArray

NEGLIGIBLE = 1e-6
"""Distance from a section, relative to the coordinates, that is rounding."""


@dataclass(frozen=True, eq=False)
class Location:
    """Where a point is in another frame.

    Attributes
    ----------
    position
        (K,), axis order `axes`, in `unit`; NaN where the point has no image.
    axes, unit
        Of the frame where it was located; unit ``None``: pixels.
    covariance
        (K, K); ``None`` where it cannot be known.
    semi_axes, directions
        95 % ellipse: ``semi_axes[i]`` (largest first) lies along the unit vector
        ``directions[i]``; ``None`` with `reason`.
    n
        Fewest landmark pairs of any registration on the way; 0 where there is none.
    nu
        Degrees of freedom behind the ellipse (see `solution.effective_nu`); ``None``: the
        localisation errors are known, or there is no error at all.
    models
        Model of every hop.
    inside_hull
        Per hop that has landmarks: inside their hull?
    hops, path
        Number of edges with an error; frame ids from start to end.
    warnings
        Sentences for the user.
    reason
        Why there is no ellipse; empty where there is one.
    """

    position: FloatArray
    axes: tuple[str, ...]
    unit: str | None
    covariance: FloatArray | None
    semi_axes: FloatArray | None
    directions: FloatArray | None
    n: int
    nu: float | None
    models: tuple[str, ...]
    inside_hull: tuple[bool, ...]
    hops: int
    path: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    reason: str = ""

    @property
    def is_inside(self) -> bool:
        """Whether the answer is an interpolation at every hop."""
        return all(self.inside_hull)

    @property
    def model(self) -> str:
        """Models in order, for the read-out."""
        return " → ".join(self.models) if self.models else "same frame"

    def as_json(self) -> dict[str, object]:
        """Return the answer as ``locate --json`` prints it."""
        known = self.semi_axes is not None and self.directions is not None
        return {
            "position": [None if np.isnan(v) else float(v) for v in self.position],
            "axes": list(self.axes),
            "unit": self.unit,
            "ellipse95": {
                "semi_axes": np.asarray(self.semi_axes).tolist(),
                "directions": np.asarray(self.directions).tolist(),
            }
            if known
            else None,
            "reason": self.reason,
            "covariance": None if self.covariance is None else self.covariance.tolist(),
            "n": self.n,
            "nu": self.nu,
            "model": self.model,
            "inside_hull": self.is_inside,
            "hops": self.hops,
            "path": list(self.path),
            "warnings": list(self.warnings),
        }


def locate_along(
    path: Path,
    points: FloatArray,
    frames: Mapping[str, Frame],
    solution: Solution,
    fle: FloatArray | None,
    remarks: tuple[str, ...],
) -> list[Location]:
    """Locate points along a path; see `FrameGraph.locate`.

    Parameters
    ----------
    path
        From `find_path`.
    points
        (N, n) in the first frame.
    frames
        All frames by id.
    solution
        Parameters and covariances of the edges.
    fle
        (n,) 1 σ with which the points were clicked; ``None``: they are exact.
    remarks
        Warnings that hold for every point.
    """
    found = walk(path.hops, points, solution.thetas)
    end = frames[path.frames[-1]]
    known = np.asarray(np.isfinite(found.end).all(axis=1), bool)
    unknown = next((hop.edge for hop in path.hops if hop.edge.reason), None)
    spread = None if unknown else _spread(found, solution, fle, known)
    lost = "the point has no image: it lies where the registration cannot be continued or inverted"
    counts = [hop.edge.n for hop in path.hops if hop.edge.n]
    hulls = _inside(path, found)
    answers = []
    for i, position in enumerate(found.end):
        usable = spread is not None and known[i]
        answers.append(
            Location(
                position=position,
                axes=end.axes,
                unit=end.unit,
                covariance=spread.covariances[i] if usable and spread else None,
                semi_axes=spread.ellipses.semi_axes[i] if usable and spread else None,
                directions=spread.ellipses.directions[i] if usable and spread else None,
                n=min(counts, default=0),
                nu=spread.nu_at(i) if usable and spread else (0.0 if unknown else None),
                models=tuple(hop.edge.model for hop in path.hops if not hop.edge.is_exact),
                inside_hull=tuple(inside for _, inside in hulls[i]),
                hops=path.hop_count,
                path=path.frames,
                warnings=(
                    *_outside(path, frames, hulls[i]),
                    *_depths(path, found, frames, i),
                    *path.alternatives,
                    *remarks,
                ),
                reason="" if usable else (_why(unknown) if unknown else lost),
            )
        )
    return answers


def _why(edge: Edge) -> str:
    return f"{edge.label}: {edge.reason}" if edge.label else edge.reason


@dataclass(frozen=True, eq=False)
class _Spread:
    """Covariances, ellipses and their degrees of freedom; NaN where there is no image."""

    covariances: FloatArray
    ellipses: Ellipses
    nu: FloatArray | None

    def nu_at(self, i: int) -> float | None:
        """Return the degrees of freedom at one point; ``None``: the scale is known."""
        return float(self.nu[i]) if self.nu is not None and np.isfinite(self.nu[i]) else None


def _spread(found: Walk, solution: Solution, fle: FloatArray | None, known: AnyArray) -> _Spread:
    count, k = found.end.shape
    seen = known[:, None, None]
    columns = {key: np.where(seen, value, 0.0) for key, value in found.columns.items()}
    shares = solution.shares(columns)
    degrees: list[float | None] = [edge.nu for edge in solution.edges if edge.id in shares]
    parts = [shares[edge.id] for edge in solution.edges if edge.id in shares]
    scales = [edge.scale for edge in solution.edges if edge.id in shares]
    if fle is not None:
        linear = np.where(seen, found.linear, 0.0)
        parts.append(linear @ np.diag(fle**2) @ np.swapaxes(linear, 1, 2))
        degrees.append(None)
        scales.append(1.0)
    covariances = np.sum(parts, axis=0) if parts else np.zeros((count, k, k))
    nu = effective_nu(parts, degrees, scales) if parts else None
    return _Spread(covariances, ellipses_of(covariances, nu), nu)


def _inside(path: Path, found: Walk) -> list[list[tuple[int, bool]]]:
    """Return, per point, hop number and whether the point is inside that hop's landmarks."""
    answers: list[list[tuple[int, bool]]] = [[] for _ in found.end]
    for number, hop in enumerate(path.hops):
        if hop.edge.hull is None:
            continue
        moving = found.positions[number if hop.forward else number + 1]
        for answer, inside in zip(answers, hop.edge.hull.contains(moving), strict=True):
            answer.append((number, bool(inside)))
    return answers


def _outside(path: Path, frames: Mapping[str, Frame], hulls: list[tuple[int, bool]]) -> list[str]:
    return [
        f"The point lies outside the landmarks between “{frames[path.hops[number].start].label}” "
        f"and “{frames[path.hops[number].end].label}”: this is an extrapolation."
        for number, inside in hulls
        if not inside
    ]


def _depths(path: Path, found: Walk, frames: Mapping[str, Frame], i: int) -> list[str]:
    """Say how far off a section the point lies that was projected onto it.

    “Behind” is the positive side of the section's own z axis (right-handed to its y and x axes
    in the order z, y, x): the side an observer of the image looks towards.
    """
    sentences = []
    for number, heights in found.off_plane.items():
        height, volume = float(heights[i]), frames[path.hops[number].start]
        section = frames[path.hops[number].end]
        size = float(np.abs(found.positions[number][i]).max())
        if not np.isfinite(height) or abs(height) <= NEGLIGIBLE * max(size, 1e-300):
            continue
        side = "behind" if height > 0 else "in front of"
        sentences.append(
            f"The point lies {format_length(abs(height), volume.unit, 2)} {side} the section "
            f"“{section.label}”."
        )
    return sentences
