"""The orientation under a place of an EBSD map: phase, Euler angles, direction, misorientation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.sampling import physical_to_index
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.data.orientations import CrystalPhase, Orientations
    from tiepoint.model.dataset import Dataset
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import FloatArray

NOT_INDEXED = "not indexed"


@dataclass(frozen=True, eq=False)
class Oriented:
    """The crystal at a place.

    Attributes
    ----------
    phase
        ``None`` where the point was not indexed.
    euler_rad
        (3,) Bunge angles as the file states them.
    direction, off_deg
        The lattice direction nearest to the sample's z axis (that of the IPF-Z colours), and how
        far it lies from it; empty where the lattice is not known.
    """

    phase: CrystalPhase | None
    euler_rad: FloatArray
    direction: str = ""
    off_deg: float = 0.0

    def words(self) -> str:
        """Return phase, angles (phi1, Phi, phi2) and direction for the status line."""
        if self.phase is None:
            return NOT_INDEXED
        angles = " ".join(f"{angle:.1f}°" for angle in np.degrees(self.euler_rad))
        words = f"{self.phase.name}  Bunge {angles}"
        if self.direction:
            near = f"{self.off_deg:.1f}° from" if self.off_deg >= 0.05 else "∥"
            words += f"  z {near} {self.direction}"
        return words


class Orienting:
    """Reads orientations; remembers one point to compare others with.

    Attributes
    ----------
    pinned
        That point.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.pinned: Oriented | None = None

    def has_orientations(self, dataset: Dataset) -> bool:
        """Whether a dataset is a map of a scan whose orientations its file holds."""
        return self._behind(dataset) is not None

    def at(self, dataset: Dataset, position: FloatArray) -> Oriented | None:
        """Return the crystal at a place of a map; ``None`` where its file holds no orientations.

        Parameters
        ----------
        position
            (K,) in the map's own frame and unit, inside it.

        Raises
        ------
        TiepointError
            If the file cannot be read.
        """
        behind = self._behind(dataset)
        if behind is None:
            return None
        index = np.rint(physical_to_index(dataset)(position[None])[0]).astype(int)
        at = tuple(int(i) for i in np.clip(index, 0, np.array(behind.phase.shape) - 1))
        value = int(np.asarray(behind.phase[at]))
        euler = np.asarray(behind.euler_rad[at], float)
        phase = next((p for p in behind.phases if p.value == value), None)
        if phase is None:
            return Oriented(None, euler)
        return Oriented(phase, euler, *_direction(behind, phase, euler))

    def words_at(self, dataset: Dataset, position: FloatArray) -> str:
        """Say the crystal at a place, and how far it is turned from the pinned one; or nothing."""
        found = self.at(dataset, position)
        if found is None:
            return ""
        words = found.words()
        pinned = self.pinned
        if pinned is None or pinned.phase is None or found.phase is None:
            return words
        behind = self._behind(dataset)
        assert behind is not None
        return f"{words}  ·  {_compared(behind, pinned, found)}"

    def pin(self, dataset: Dataset, position: FloatArray) -> Oriented:
        """Compare with the crystal at this place from now on.

        Raises
        ------
        TiepointError
            If no orientation is known there.
        """
        found = self.at(dataset, position)
        if found is None or found.phase is None:
            raise TiepointError(
                "No orientation is known here: point at an indexed pixel of an EBSD map."
            )
        self.pinned = found
        return found

    def unpin(self) -> None:
        """Compare with nothing any more."""
        self.pinned = None

    def _behind(self, dataset: Dataset) -> Orientations | None:
        if dataset.link is None or "phases" not in dataset.metadata.settings:
            return None  # without opening a file: this is asked wherever the pointer goes
        if self._session.linking.problem(dataset):
            return None
        return self._session.store.draft(dataset).orientations


def _direction(behind: Orientations, phase: CrystalPhase, euler: FloatArray) -> tuple[str, float]:
    from tiepoint.measure.crystals import nearest_direction, normal_in_crystal

    found = nearest_direction(
        normal_in_crystal(euler), phase.laue, phase.lattice, behind.x_along_reciprocal_a
    )
    return found if found is not None else ("", 0.0)


def _compared(behind: Orientations, pinned: Oriented, found: Oriented) -> str:
    from tiepoint.measure.crystals import misorientation_deg, operators

    assert pinned.phase is not None
    assert found.phase is not None
    if (pinned.phase.name, pinned.phase.laue) != (found.phase.name, found.phase.laue):
        return f"pinned: {pinned.phase.name}, another phase"
    if not found.phase.laue:
        return "pinned: the symmetry is not known"
    group = operators(found.phase.laue, behind.x_along_reciprocal_a)
    angle = misorientation_deg(pinned.euler_rad, found.euler_rad, group)
    return f"{angle:.1f}° from pinned"
