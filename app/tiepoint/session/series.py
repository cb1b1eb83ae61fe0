"""Time series: scans of one sample with real minutes, stepped together, and their logs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.project import edits
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tiepoint.model.axes import Axis
    from tiepoint.model.dataset import Dataset
    from tiepoint.session.session import Session
    from tiepoint.support.arrays import FloatArray

MINUTES = {"ms": 1 / 60_000, "s": 1 / 60, "min": 1.0, "h": 60.0, "d": 1440.0}
_IN_A_NAME = re.compile(r"(\d+(?:[.,]\d+)?)\s*(min|h|s)(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class LogCurve:
    """One column of a log against the minutes of its series.

    Attributes
    ----------
    minutes
        (N,) rising.
    values
        (N,) in `unit`; NaN where the log says nothing.
    """

    name: str
    unit: str | None
    minutes: FloatArray
    values: FloatArray

    def at(self, minutes: float) -> float:
        """Return the value at a time, linear between lines; else NaN."""
        known = np.isfinite(self.values)
        if not known.any():
            return float("nan")
        return float(
            np.interp(minutes, self.minutes[known], self.values[known], left=np.nan, right=np.nan)
        )


class Series:
    """What a session knows about time."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # -- which scans ---------------------------------------------------------------------

    def names(self) -> tuple[str, ...]:
        """Return the names of the series, as they first appear."""
        found = (d.series for d in self._session.project.datasets if d.series)
        return tuple(dict.fromkeys(found))

    def scans(self, name: str) -> tuple[Dataset, ...]:
        """Return the scans of a series, earliest first."""
        found = [d for d in self._session.project.datasets if d.series == name and d.ndim_space]
        return tuple(sorted(found, key=lambda d: d.minutes or 0.0))

    def times(self) -> tuple[float, ...]:
        """Return all times at which anything was taken, minutes, rising."""
        found = {d.minutes for n in self.names() for d in self.scans(n) if d.minutes is not None}
        for dataset in self._session.project.datasets:
            axis = time_axis(dataset)
            if axis is not None:
                found |= {float(t) for t in axis_minutes(axis) + (dataset.minutes or 0.0)}
        return tuple(sorted(found))

    @property
    def minutes(self) -> float | None:
        """The time shown."""
        return self._session.project.view.minutes

    def scan_at(self, name: str, minutes: float) -> Dataset:
        """Return the scan of a series that shows a time: the last one taken by then.

        Before the first scan it is the first.
        """
        scans = self.scans(name)
        taken = [d for d in scans if (d.minutes or 0.0) <= minutes + 1e-9]
        return taken[-1] if taken else scans[0]

    def leading(self, dataset: Dataset) -> tuple[int, ...]:
        """Return the index shown on the axes before the spatial ones.

        On a time axis the last picture taken by the time shown, elsewhere 0.
        """
        index = []
        for axis in dataset.axes:
            if axis.role == "space":
                break
            index.append(self._index_on(axis, dataset.minutes or 0.0))
        else:
            raise TiepointError(f"{dataset.name} has no axes in space and cannot be drawn.")
        return tuple(index)

    def _index_on(self, axis: Axis, start: float) -> int:
        if axis.role != "time" or self.minutes is None:
            return 0
        taken = np.flatnonzero(axis_minutes(axis) + start <= self.minutes + 1e-9)
        return int(taken[-1]) if len(taken) else 0

    # -- going in time -------------------------------------------------------------------

    def show(self, minutes: float) -> None:
        """Show everything as it was at a time; several in a row are one undo step."""
        shown = {name: self.scan_at(name, minutes).id for name in self.names() if self.scans(name)}
        self._session.document.apply(
            f"Show {minutes:g} min", edits.show_time(minutes, shown), merge_key="time"
        )

    def shown(self, minutes: float) -> tuple[Dataset, ...]:
        """Return the scan of each series that shows a time."""
        return tuple(self.scan_at(name, minutes) for name in self.names() if self.scans(name))

    # -- making a series -----------------------------------------------------------------

    def proposal(self, ids: Iterable[str]) -> dict[str, float]:
        """Return the minutes of datasets as their files or names tell them.

        Dates with a time of day count first, from the earliest scan on; else a time in the name
        (``ct_020min``). A dataset that tells neither is left out.
        """
        datasets = [self._session.dataset(i) for i in ids]
        dates = {d.id: date_of(d) for d in datasets}
        known = {i: date for i, date in dates.items() if date is not None}
        scans = [known[d.id] for d in datasets if d.id in known and d.ndim_space]
        if scans and all(d.id in known for d in datasets if d.ndim_space):
            zero = min(scans)
            return {i: (date - zero).total_seconds() / 60 for i, date in known.items()}
        named = {d.id: _minutes_in(d.name) for d in datasets}
        return {i: minutes for i, minutes in named.items() if minutes is not None}

    def make(self, name: str, minutes: dict[str, float]) -> None:
        """Make datasets one time series; fewer than two scans end it."""
        label = f"Time series {name}" if minutes else f"No time series {name}"
        self._session.document.apply(label, edits.set_series(name, minutes))

    # -- logs ----------------------------------------------------------------------------

    def logs(self) -> tuple[Dataset, ...]:
        """Return the datasets that are logs."""
        return tuple(d for d in self._session.project.datasets if d.kind == "log")

    def curves(self, log: Dataset) -> tuple[LogCurve, ...]:
        """Read a log: a curve per column."""
        values = np.asarray(self._session.store.array(log), float)
        axis = log.axes[0]
        minutes = axis_minutes(axis) + (log.minutes or 0.0)
        columns = log.metadata.settings.get("columns", [])
        return tuple(
            LogCurve(column["name"], column.get("unit"), minutes, values[:, place])
            for place, column in enumerate(columns)
        )

    def say(self, minutes: float) -> str:
        """Return what the logs say at a time: ``412 °C · 0.3 T``."""
        words = []
        for log in self.logs():
            for curve in self.curves(log):
                value = curve.at(minutes)
                if np.isfinite(value):
                    words.append(f"{curve.name} {value:.4g} {curve.unit or ''}".rstrip())
        return " · ".join(words)


def time_axis(dataset: Dataset) -> Axis | None:
    """Return the time axis of a dataset that holds several pictures."""
    if dataset.ndim_space == 0:
        return None
    return next((axis for axis in dataset.axes if axis.role == "time" and axis.size > 1), None)


def axis_minutes(axis: Axis) -> FloatArray:
    """Return (N,) minutes of a time axis; of one without a unit the picture's number."""
    own = (
        axis.values if axis.values is not None else axis.offset + axis.scale * np.arange(axis.size)
    )
    return np.asarray(own, float) * MINUTES.get(axis.unit or "min", 1.0)


def date_of(dataset: Dataset) -> datetime | None:
    """Return when a dataset was taken, if its file says so to the minute."""
    told = dataset.metadata.identification
    words = str(told.get("date", ""))
    if "time" in told and ":" not in words:
        words = f"{words}T{told['time']}"
    if ":" not in words:
        return None
    try:
        found = datetime.fromisoformat(words)
    except ValueError:
        return None
    return found.replace(tzinfo=None)


def _minutes_in(name: str) -> float | None:
    found = _IN_A_NAME.search(name)
    if found is None:
        return None
    return float(found[1].replace(",", ".")) * MINUTES[found[2].lower()]


def common_name(names: Sequence[str]) -> str:
    """Return what names have in common at their beginning, without digits: ``ct``."""
    letters = []
    for column in zip(*names, strict=False):
        if len(set(column)) > 1:
            break
        letters.append(column[0])
    words = re.sub(r"\d+$", "", "".join(letters)).strip(" _-./")
    return words or "Time series"
