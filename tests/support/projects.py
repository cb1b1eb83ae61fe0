"""Comparing projects, without a window."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiepoint.model.project import Project


def same_project(one: Project, other: Project) -> bool:
    """Whether two projects are equal, apart from how their files are found and recognised."""

    def bare(project: Project) -> Project:
        datasets = (
            d
            if d.link is None
            else d.replace(link=d.link.replace(relative=None, content_hash=None))
            for d in project.datasets
        )
        return project.replace(datasets=tuple(datasets))

    return bare(one) == bare(other)
