"""Marks cut into the end face: laser crosses and fine FIB crosses near the lift-out site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.demo.noise import stream

if TYPE_CHECKING:
    from tiepoint.demo.frames import Face
    from tiepoint.support.arrays import AnyArray


@dataclass(frozen=True)
class Mark:
    """A cross, an L or a T cut into the end face.

    Attributes
    ----------
    right, front
        Its centre in face coordinates, µm.
    turn
        Rotation in the plane, radians.
    arms
        Which of the arms (+x, −x, +y, −y) it has: an L has two, a cross four.
    reach, width, depth
        Length of an arm, width of the cut, depth of the cut, µm.
    laser
        Cut by laser (coarse, visible to light microscope and CT) or by FIB (fine).
    """

    name: str
    right: float
    front: float
    turn: float
    arms: tuple[bool, bool, bool, bool]
    reach: float
    width: float
    depth: float
    laser: bool

    def footprint(self, right: AnyArray, front: AnyArray) -> AnyArray:
        """Return the signed distance (…) to the mark's outline in µm, positive inside."""
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        x = cos * (right - self.right) + sin * (front - self.front)
        y = cos * (front - self.front) - sin * (right - self.right)
        half = self.width / 2
        distance = np.full_like(x, -np.inf)
        ways = ((x, y), (-x, y), (y, x), (-y, x))
        for present, (along, across) in zip(self.arms, ways, strict=True):
            if present:
                inside = np.minimum(half - np.abs(across), self.reach - along)
                distance = np.maximum(distance, np.minimum(inside, along + half))
        return np.asarray(distance)

    def cut_depth(self, right: AnyArray, front: AnyArray) -> AnyArray:
        """Return how deep (…) the mark is cut at face coordinates, µm; walls are sloped."""
        slope = np.clip(self.footprint(right, front) / (0.3 * self.width) + 0.3, 0, 1)
        return np.asarray(slope * self.depth)


CROSS, ELL, TEE = (True,) * 4, (True, False, True, False), (True, True, True, False)


def make_marks(seed: int, face: Face) -> tuple[Mark, ...]:
    """Draw five laser marks around the face and two FIB crosses beside the lift-out site."""
    rng = stream(seed, "marks")
    site_right, site_front = face.site
    marks = []
    for number, angle in enumerate(np.radians([62, 118, 183, 243, 297]), 1):
        angle += rng.uniform(-0.16, 0.16)
        radius = rng.uniform(22.0, 29.5)
        marks.append(
            Mark(
                f"L{number}",
                radius * np.cos(angle),
                radius * np.sin(angle),
                rng.uniform(-0.5, 0.5),
                (CROSS, CROSS, ELL, CROSS, TEE)[number - 1],
                reach=rng.uniform(4.2, 5.0),
                width=rng.uniform(1.5, 1.8),
                depth=rng.uniform(2.6, 3.4),
                laser=True,
            )
        )
    for number, (right, front) in enumerate([(-12.0, -3.5), (-4.0, -7.5)], 1):
        marks.append(
            Mark(
                f"F{number}",
                site_right + right + rng.uniform(-1, 1),
                site_front + front + rng.uniform(-1, 1),
                rng.uniform(-0.15, 0.15),
                CROSS,
                reach=2.4,
                width=0.9,
                depth=1.9,
                laser=False,
            )
        )
    return tuple(marks)
