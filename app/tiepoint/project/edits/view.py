"""Edits of the view and of the project's own details."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiepoint.project import lookup
from tiepoint.project.names import clean_name

if TYPE_CHECKING:
    from tiepoint.model.project import Project
    from tiepoint.project.edits.base import Edit


def set_view(**changes: Any) -> Edit:
    """Change what the canvas shows: any fields of `ViewState`."""

    def edit(project: Project) -> Project:
        if changes.get("frame") is not None:
            lookup.dataset(project, changes["frame"])
        return project.replace(view=project.view.replace(**changes))

    return edit


def set_project_details(*, name: str | None = None, sample: str | None = None) -> Edit:
    """Change the project's name, its sample, or both."""

    def edit(project: Project) -> Project:
        return project.replace(
            name=project.name if name is None else clean_name(name),
            sample=project.sample if sample is None else " ".join(sample.split()),
        )

    return edit
