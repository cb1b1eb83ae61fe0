"""Undoing the foreshortening of an image taken on a tilted stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tiepoint.geometry.tilt import cross_section_stretch, foreshortening
from tiepoint.project import lookup
from tiepoint.project.edits.calibration import set_calibration
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.model.project import Project
    from tiepoint.project.edits.base import Edit

Surface = Literal["sample surface", "milled wall"]


def correct_tilt(dataset_id: str, tilt_deg: float, surface: Surface) -> Edit:
    """Stretch the y axis of an image to true lengths on a surface.

    Parameters
    ----------
    tilt_deg
        Angle between the beam and the normal of the sample surface, degrees.
    surface
        What the image shows: the tilted sample surface (1 / cos τ), or a wall milled
        perpendicular to it (1 / sin τ).

    Raises
    ------
    TiepointError
        If the surface cannot be seen at this tilt, or the image has no pixel size.
    """

    def edit(project: Project) -> Project:
        dataset = lookup.dataset(project, dataset_id)
        if dataset.unit is None or dataset.ndim_space != 2:
            raise TiepointError(f"{dataset.name} needs a pixel size first: set it, then correct.")
        y, x = dataset.spatial_axes
        factor = _stretch(tilt_deg, surface)
        return set_calibration(dataset_id, (y.scale * factor, x.scale), dataset.unit)(project)

    return edit


def _stretch(tilt_deg: float, surface: Surface) -> float:
    try:
        if surface == "milled wall":
            return cross_section_stretch(tilt_deg)
        return foreshortening(tilt_deg)
    except ValueError as error:
        raise TiepointError(f"The tilt cannot be corrected: {error}.") from error
