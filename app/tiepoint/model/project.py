"""The project: one immutable tree."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tiepoint.model.base import Frozen, new_id
from tiepoint.model.dataset import Dataset
from tiepoint.model.region import Region
from tiepoint.model.registration import Registration

SCHEMA_VERSION = 2


class SectionPlane(Frozen):
    """A section that lies freely in the view frame: in a lamella's plane, across a stage axis.

    Attributes
    ----------
    origin
        (z, y, x) of its plane coordinates (0, 0), in the frame's unit.
    along_y, along_x
        Unit vectors (z, y, x) of the plane's directions.
    """

    origin: tuple[float, float, float]
    along_y: tuple[float, float, float]
    along_x: tuple[float, float, float]


class Slab(Frozen):
    """A section with a thickness.

    Attributes
    ----------
    thickness
        Extent along the normal, in the frame's unit.
    method
        What is shown of the values within: their mean, maximum or minimum.
    """

    thickness: float
    method: Literal["mean", "max", "min"] = "mean"


class ViewState(Frozen):
    """What the canvas shows.

    Attributes
    ----------
    frame
        Id of the dataset in whose plane everything is shown; ``None`` for the first dataset.
    depth
        Position along the frame's normal, in its unit.
    tilt_deg
        Rotation of the section about the frame's y and x axes, degrees.
    plane
        The section where it lies freely; `depth` and `tilt_deg` then say nothing.
    interpolation
        Between the voxels of sections; labels are always drawn as they are.
    slab
        Thickness of the section; ``None``: none.
    minutes
        Time shown of the time series; ``None``: every scan by itself.
    """

    frame: str | None = None
    depth: float = 0.0
    tilt_deg: tuple[float, float] = (0.0, 0.0)
    plane: SectionPlane | None = None
    interpolation: Literal["linear", "nearest", "cubic"] = "linear"
    slab: Slab | None = None
    minutes: float | None = None


class Project(Frozen):
    """Everything that a project file holds. An edit is a function ``Project -> Project``."""

    id: str = Field(default_factory=new_id)
    name: str = "Untitled"
    sample: str = ""
    created: str = ""
    schema_version: int = SCHEMA_VERSION
    datasets: tuple[Dataset, ...] = ()
    registrations: tuple[Registration, ...] = ()
    regions: tuple[Region, ...] = ()
    view: ViewState = ViewState()
