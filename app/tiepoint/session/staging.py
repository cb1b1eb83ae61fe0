"""A first placement of separate images by the stage positions that their files state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.geometry.transforms import Affine
from tiepoint.model.registration import Found
from tiepoint.session.finding import FoundRegistration
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import convert, unit_ratio

if TYPE_CHECKING:
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.registration import Registration
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import FloatArray

METHOD = "stage"
SIGMA_UM = 10.0
"""1 σ of a stage: two of them are the ± 20 µm that is told."""
SAME_ANGLE_DEG = 0.5
SENTENCE = "Placed by stage, ± 20 µm: the files' own stage positions, nothing seen in the images."
STAGE_AXES = {"EBeam": (-1.0, 1.0)}
"""How an image lies on the stage, by the beam that took it: what a step down and a step to the
right in the image add to the stage's y and x. The electron beam of Thermo Fisher: both grow with
what is seen further up and further right. OpenFIBSEM brings a clicked point to the middle by moving
the stage, in its raw coordinates, by the point's distance to the right and up, and by its opposite
where the scan is rotated by 180° (``ThermoMicroscope.stable_move`` in ``fibsem/microscope.py``,
``image_to_microscope_image_coordinates`` in ``fibsem/conversions.py``). Makers without an entry are
not placed: a guessed sign would put the spot on the other side."""


@dataclass(frozen=True)
class StagePlace:
    """Where the middle of an image lies.

    Attributes
    ----------
    middle
        (2,) y and x in the dataset's own coordinates and unit.
    stage
        (2,) y and x of the stage, mm.
    angles
        Rotation and tilt of the stage, degrees.
    signs
        See `STAGE_AXES`.
    instrument
        Name of the microscope.
    """

    middle: FloatArray
    stage: FloatArray
    angles: tuple[float, float]
    signs: tuple[float, float]
    instrument: str


def stage_place(dataset: Dataset) -> StagePlace | None:
    """Return where an image lies on its stage; ``None`` where the file does not say enough."""
    said: dict[str, Any] = dataset.metadata.references.get("stage") or {}
    settings = dataset.metadata.settings
    signs = STAGE_AXES.get(str(settings.get("beam", "")))
    turned = float(settings.get("scan_rotation_rad") or 0.0)
    if dataset.ndim_space != 2 or dataset.unit is None or signs is None or abs(turned) > 1e-3:
        return None
    if not {"x", "y", "unit"} <= set(said):
        return None
    rows = dataset.spatial_axes[0].size - int(settings.get("data_bar_rows") or 0)
    y, x = dataset.spatial_axes
    middle = np.array([y.offset + y.scale * (rows - 1) / 2, x.offset + x.scale * (x.size - 1) / 2])
    place = np.array([convert(float(said[axis]), str(said["unit"]), "mm") for axis in "yx"])
    angles = (float(said.get("r_deg", 0.0)), float(said.get("t_deg", 0.0)))
    if abs(angles[1]) > SAME_ANGLE_DEG:
        return None
    instrument = str(dataset.metadata.identification.get("instrument", ""))
    return StagePlace(middle, place, angles, signs, instrument)


class Staging:
    """Offers and makes placements by stage."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def partners(self, dataset_id: str) -> list[Dataset]:
        """Return the images that a dataset can be placed on by stage, those seen together first."""
        moving = self._session.dataset(dataset_id)
        here = stage_place(moving)
        if here is None:
            return []
        return [
            other
            for other in self._session.project.datasets
            if other.frame != moving.frame
            and (there := stage_place(other)) is not None
            and _comparable(here, there)
        ]

    def proposal(self, moving_id: str, fixed_id: str) -> FoundRegistration:
        """Return the placement of one image on another.

        Raises
        ------
        TiepointError
            If their files do not say enough, or the stage was turned or tilted in between.
        """
        moving, fixed = self._session.dataset(moving_id), self._session.dataset(fixed_id)
        here, there = stage_place(moving), stage_place(fixed)
        if here is None or there is None:
            name = moving.name if here is None else fixed.name
            raise TiepointError(f"{name} has no stage position that Tiepoint can place it by.")
        if not _comparable(here, there):
            raise TiepointError(
                f"{moving.name} and {fixed.name} were not taken on one stage at one rotation and"
                " tilt, so their stage positions do not place them."
            )
        ratio = unit_ratio(moving.unit, fixed.unit)
        step = (here.stage - there.stage) * np.array(here.signs)
        assert fixed.unit is not None
        shift = np.array([convert(float(value), "mm", fixed.unit) for value in step])
        transform = Affine(np.eye(2) * ratio, there.middle + shift - ratio * here.middle)
        sigma = convert(SIGMA_UM, "µm", fixed.unit)
        found = Found(method=METHOD, sentence=SENTENCE, sigma=(sigma, sigma))
        return FoundRegistration(
            moving.id, fixed.id, "translation", transform, found, 1.0, SENTENCE
        )

    def place(self, moving_id: str, fixed_id: str | None = None) -> Registration:
        """Place an image by its stage position; one undo step.

        Parameters
        ----------
        moving_id
            The image.
        fixed_id
            What it is placed on; ``None``: the first that can be.

        Raises
        ------
        TiepointError
            If there is nothing to place it on.
        """
        if fixed_id is None:
            found = self.partners(moving_id)
            if not found:
                name = self._session.dataset(moving_id).name
                raise TiepointError(
                    f"No other image states a stage position that {name} could be placed by:"
                    " the same microscope, rotation and tilt are needed."
                )
            fixed_id = found[0].id
        return self._session.finding.accept(self.proposal(moving_id, fixed_id))


def _comparable(one: StagePlace, other: StagePlace) -> bool:
    angles = zip(one.angles, other.angles, strict=True)
    return (
        one.instrument == other.instrument
        and one.signs == other.signs
        and all(abs(a - b) <= SAME_ANGLE_DEG for a, b in angles)
    )
