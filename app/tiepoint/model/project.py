"""The project: one immutable tree."""

from __future__ import annotations

from pydantic import Field

from tiepoint.model.base import Frozen, new_id
from tiepoint.model.dataset import Dataset
from tiepoint.model.region import Region
from tiepoint.model.registration import Registration

SCHEMA_VERSION = 1


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
    """

    frame: str | None = None
    depth: float = 0.0
    tilt_deg: tuple[float, float] = (0.0, 0.0)


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
