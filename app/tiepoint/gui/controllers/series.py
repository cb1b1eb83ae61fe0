"""Time: stepping all series together, logs beside them, regions over time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from tiepoint.gui.controllers.newest import Newest
from tiepoint.gui.dialogs.series import ask_series
from tiepoint.gui.feedback import attempt
from tiepoint.session.over_time import AtTime, measure_over_time, write_table
from tiepoint.session.series import common_name

if TYPE_CHECKING:
    from tiepoint.gui.desk import Desk
    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project

LOGS = "Logs (*.csv *.tsv *.txt *.dat *.log);;All files (*)"
WITHOUT_AREA = ("point", "line", "polyline", "box")


class SeriesController(QObject):
    """Keeps the slider, the logs and the project's time in step."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self._series = desk.session.series
        self.bar = bar = desk.workspace.time_bar
        self.panel = panel = desk.time_panel
        self._measuring = Newest(desk.tasks)
        self.rows: list[AtTime] = []
        bar.time_wanted.connect(self.go)
        bar.step_wanted.connect(self._step)
        bar.slider.sliderReleased.connect(desk.session.document.finish_merge)
        panel.time_wanted.connect(self.go)
        panel.scan_wanted.connect(self.go)
        panel.series_wanted.connect(self.edit_series)
        panel.log_wanted.connect(self.add_log)
        panel.measure_wanted.connect(self.measure)
        panel.export_wanted.connect(self.export_table)

    def follow(self, old: Project | None, new: Project) -> None:
        """Take over a changed project."""
        if old is None or old.datasets != new.datasets:
            self._show_series()
        if old is None or old.regions != new.regions:
            areas = [r for r in new.regions if r.shape not in WITHOUT_AREA]
            self.panel.show_regions([(r.id, r.name) for r in areas])
        if old is None or (old.datasets, old.view.minutes) != (new.datasets, new.view.minutes):
            self._show_time()
        if old is not None and old.view.minutes != new.view.minutes:
            self._desk.views.refresh()

    def _show_series(self) -> None:
        names = self._series.names()
        scans = self._series.scans(names[0]) if names else ()
        self.panel.show_scans(
            [(d.name, d.minutes or 0.0) for d in scans], names[0] if names else ""
        )
        self.bar.show_times(self._series.times())
        attempt(self._desk, self._show_logs)

    def _show_logs(self) -> None:
        curves = [curve for log in self._series.logs() for curve in self._series.curves(log)]
        self.panel.show_curves(curves)

    def _show_time(self) -> None:
        minutes = self._shown_minutes()
        self.panel.show_time(minutes)
        if minutes is not None:
            self.bar.show_time(minutes, self._series.say(minutes))

    def _shown_minutes(self) -> float | None:
        """Return the time shown: the project's, or that of the scan that is visible."""
        if self._series.minutes is not None:
            return self._series.minutes
        visible = [
            d.minutes
            for n in self._series.names()
            for d in self._series.scans(n)
            if d.display.visible
        ]
        times = self._series.times()
        return visible[-1] if visible else times[0] if times else None

    # -- going ---------------------------------------------------------------------------

    def go(self, minutes: float) -> None:
        """Show everything as it was at a time."""
        attempt(self._desk, lambda: self._series.show(minutes))

    def next_scan(self) -> None:
        """Go to the next scan."""
        self._step(1)

    def previous_scan(self) -> None:
        """Go to the scan before."""
        self._step(-1)

    def _step(self, by: int) -> None:
        times, now = self._series.times(), self._shown_minutes()
        if not times or now is None:
            self._desk.status.say("There is no time series: make one in the Time panel.")
            return
        later = (
            [t for t in times if t > now + 1e-9] if by > 0 else [t for t in times if t < now - 1e-9]
        )
        if later:
            self.go(later[0] if by > 0 else later[-1])

    # -- series and logs -----------------------------------------------------------------

    def edit_series(self) -> None:
        """Ask which datasets are one series, and when they were taken."""
        offered = [d for d in self._session.project.datasets if _can_be_a_scan(d)]
        if not offered:
            self._desk.status.say("Add the scans of a sample first.")
            return
        names = self._series.names()
        name = names[0] if names else ""
        minutes = {d.id: d.minutes or 0.0 for d in offered if name and d.series == name}
        found = self._series.proposal([d.id for d in offered])
        if not minutes:
            volumes = [d for d in offered if d.id in found and d.ndim_space == 3]
            minutes = self._series.proposal([d.id for d in volumes])
            name = common_name([d.name for d in volumes]) if volumes else "Time series"
        answer = ask_series(self._desk, offered, name, minutes, found)
        if answer is not None:
            attempt(self._desk, lambda: self._series.make(*answer))

    def add_log(self) -> None:
        """Ask for tables with time and columns, and add them."""
        names, _ = QFileDialog.getOpenFileNames(self._desk, "Add log", "", LOGS)
        if names:
            attempt(self._desk, lambda: self._session.add_files([Path(name) for name in names]))

    # -- regions over time ---------------------------------------------------------------

    def measure(self, region_id: str) -> None:
        """Measure a region in all scans, in the background."""
        region = next((r for r in self._session.project.regions if r.id == region_id), None)
        names = self._series.names()
        if region is None or not names:
            self._desk.status.say("Measuring over time needs a region and a time series.")
            return
        self._measuring.request(
            lambda control: measure_over_time(self._session, region, names[0], control),
            self._show_rows,
            self._desk.status.say,
        )

    def _show_rows(self, rows: list[AtTime]) -> None:
        self.rows = rows
        self.panel.show_rows(rows)
        self.panel.show_time(self._shown_minutes())

    def export_table(self) -> None:
        """Save the region's values over time as CSV."""
        name, _ = QFileDialog.getSaveFileName(self._desk, "Export table", "time.csv", "CSV (*.csv)")
        if name:
            attempt(self._desk, lambda: write_table(Path(name), self.rows))


def _can_be_a_scan(dataset: Dataset) -> bool:
    return dataset.recipe is None and (dataset.ndim_space in (2, 3) or dataset.kind == "log")
