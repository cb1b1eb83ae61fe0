"""Edits of time series: which scans belong together, when they were taken, which one is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiepoint.project import lookup
from tiepoint.project.names import clean_name
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiepoint.model.project import Project
    from tiepoint.project.edits.base import Edit


def set_series(name: str, minutes: Mapping[str, float]) -> Edit:
    """Make datasets the scans of one time series; scans left out leave it.

    Parameters
    ----------
    name
        Of the series.
    minutes
        Dataset id to minutes after the series' zero; a log's first line may be negative.

    Raises
    ------
    TiepointError
        If two scans that hold no log have the same time.
    """

    def edit(project: Project) -> Project:
        series = clean_name(name)
        for dataset_id in minutes:
            lookup.dataset(project, dataset_id)
        scans = [t for i, t in minutes.items() if lookup.dataset(project, i).ndim_space]
        if len(set(scans)) < len(scans):
            raise TiepointError("Two scans of a series cannot have the same time.")
        changed = []
        for dataset in project.datasets:
            if dataset.id in minutes:
                dataset = dataset.replace(series=series, minutes=float(minutes[dataset.id]))
            elif dataset.series == series:
                dataset = dataset.replace(series="", minutes=None)
            changed.append(dataset)
        return project.replace(datasets=tuple(changed))

    return edit


def show_time(minutes: float | None, shown: Mapping[str, str]) -> Edit:
    """Go to a time: of every series one scan is shown, with the look of the one before.

    Parameters
    ----------
    minutes
        The time; ``None`` leaves the choice of scans to the person again.
    shown
        Series name to the id of its scan at that time.
    """

    def edit(project: Project) -> Project:
        look = {d.series: d.display for d in project.datasets if d.series and d.display.visible}
        changed = []
        for dataset in project.datasets:
            if dataset.series in shown and dataset.series in look and dataset.ndim_space:
                visible = dataset.id == shown[dataset.series]
                display = look[dataset.series] if visible else dataset.display
                dataset = dataset.replace(display=display.replace(visible=visible))
            changed.append(dataset)
        view = project.view.replace(minutes=minutes)
        return project.replace(datasets=tuple(changed), view=view)

    return edit
