"""Drawing, naming and measuring regions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject

from tiepoint.gui.controllers.drawing_gestures import ShapeGesture
from tiepoint.gui.controllers.under_region import UnderRegionController
from tiepoint.gui.feedback import attempt
from tiepoint.measure.outlines import outline
from tiepoint.model.region import Region
from tiepoint.project import edits
from tiepoint.support.errors import TiepointError
from tiepoint.viewer.colours import ACCENT
from tiepoint.viewer.marks import OutlineMark, PointMark

if TYPE_CHECKING:
    from tiepoint.gui.desk import Desk
    from tiepoint.model.project import Project
    from tiepoint.project.document import Edit
    from tiepoint.support.arrays import FloatArray
    from tiepoint.viewer.pane import Pane

COLOURS = ("#4ea1ff", "#ff7ab6", "#7ee081", "#ffd166", "#b39dff", "#ff9b71")


class RegionsController(QObject):
    """Knows which region is selected and what is being drawn."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        self.panel = desk.regions_panel
        self._draft: tuple[Pane, str, FloatArray] | None = None
        self.under = UnderRegionController(desk, self.panel)
        panel = self.panel
        panel.shown.connect(lambda: self.under.show(self.selected()))
        panel.draw_wanted.connect(self.draw)
        panel.region_selected.connect(self._on_selected)
        panel.name_changed.connect(lambda i, text: self._change(i, name=text.strip()))
        panel.note_changed.connect(lambda i, text: self._change(i, note=text.strip()))
        panel.delete_wanted.connect(self.delete_region)
        panel.spectrum_wanted.connect(self._spectrum)

    # -- list ----------------------------------------------------------------------------

    def follow(self, old: Project | None, new: Project) -> None:
        """Take over a changed project."""
        if old is None or old.regions != new.regions or old.datasets != new.datasets:
            self.refresh()
        elif old.registrations != new.registrations:
            self.under.show(self.selected())

    def refresh(self) -> None:
        """List the regions with their sizes."""
        rows = [
            (
                region,
                self._session.dataset(region.dataset).name,
                self._session.marking.size_words(region),
            )
            for region in self._session.project.regions
        ]
        self.panel.show_regions(rows)
        self._on_selected(self.panel.current_id())

    def _on_selected(self, region_id: str) -> None:
        region = self.selected()
        facts = self._session.marking.facts(region) if region else ""
        self.panel.show_details(region, facts)
        self.under.show(region)
        self._desk.register.show_marks()

    def selected(self) -> Region | None:
        """Return the selected region."""
        wanted = self.panel.current_id()
        return next((r for r in self._session.project.regions if r.id == wanted), None)

    # -- drawing -------------------------------------------------------------------------

    def draw(self, shape: str) -> None:
        """Draw regions of a shape until Esc."""
        gesture = self._desk.views.gesture
        if isinstance(gesture, ShapeGesture) and gesture.shape == shape:
            self._desk.views.cancel_gesture()
            return
        if not self._session.project.datasets:
            self._desk.status.say("Add a dataset to draw on first.")
            self.panel.show_tool("")
            return
        self._desk.views.begin(ShapeGesture(shape, self._on_change, self._on_done, self._on_stop))
        self._shape = shape
        self.panel.show_tool(shape)
        self._desk.show_panel(self.panel)
        self._desk.status.say(HINTS[shape])

    def draw_rectangle(self) -> None:
        """Draw rectangles."""
        self.draw("rectangle")

    def draw_ellipse(self) -> None:
        """Draw ellipses."""
        self.draw("ellipse")

    def draw_polygon(self) -> None:
        """Draw polygons."""
        self.draw("polygon")

    def draw_line(self) -> None:
        """Draw lines."""
        self.draw("line")

    def draw_point(self) -> None:
        """Mark points."""
        self.draw("point")

    def _on_change(self, pane: Pane, vertices: FloatArray) -> None:
        self._draft = (pane, self._shape, vertices)
        self._desk.register.show_marks()

    def _on_done(self, pane: Pane, shape: str, vertices: FloatArray) -> None:
        self._draft = None
        if pane.frame is None:
            return
        dataset = self._session.dataset(pane.frame)
        full = pane.plane.plane_to_frame(vertices)
        places = full if dataset.ndim_space == 3 else full[:, 1:]
        number = len(self._session.project.regions)
        region = Region(
            name=f"{shape.capitalize()} {number + 1}",
            shape=shape,
            dataset=dataset.id,
            vertices=tuple(tuple(map(float, v)) for v in places),
            colour=self.next_colour(),
            author=self._session.document.author,
        )
        if attempt(self._desk, lambda: self._session.add_region(region)):
            self.panel.select(region.id)

    def _on_stop(self) -> None:
        self._draft = None
        self.panel.show_tool("")
        self._desk.status.say("")
        self._desk.register.show_marks()

    def next_colour(self) -> str:
        """Return the colour of the next region."""
        return COLOURS[len(self._session.project.regions) % len(COLOURS)]

    # -- marks ---------------------------------------------------------------------------

    def outlines(self, pane: Pane) -> list[OutlineMark]:
        """Return the outlines of regions in a pane, canvas coordinates."""
        marks = [
            OutlineMark(
                region.id,
                vertices,
                region.shape not in ("line", "polyline"),
                region.colour,
                2.6 if region.id == self.panel.current_id() else 1.6,
            )
            for region in self._session.project.regions
            if region.shape != "point" and (vertices := self.on_canvas(pane, region)) is not None
        ]
        if self._draft is not None and self._draft[0] is pane and len(self._draft[2]) > 1:
            _, shape, vertices = self._draft
            marks.append(
                OutlineMark("draft", outline(shape, vertices) - pane.base, shape != "line", ACCENT)
            )
        return marks

    def points(self, pane: Pane) -> list[PointMark]:
        """Return the point regions of a pane, canvas coordinates."""
        return [
            PointMark(region.id, vertices[0], region.colour, region.name)
            for region in self._session.project.regions
            if region.shape == "point" and (vertices := self.on_canvas(pane, region)) is not None
        ]

    def on_canvas(self, pane: Pane, region: Region) -> FloatArray | None:
        """Return a region's outline in canvas coordinates; ``None`` where it is off the section."""
        if pane.frame is None:
            return None
        try:
            places = self._session.locating.in_frame(region, pane.frame)
        except TiepointError:
            return None
        reach = 12 / pane.host.zoom
        if float(np.abs(pane.plane.distance(places)).max()) > reach:
            return None
        flat = (places - pane.plane.origin_zyx) @ pane.plane.basis
        return outline(region.shape, flat - pane.base)

    # -- edits ---------------------------------------------------------------------------

    def delete_region(self) -> None:
        """Delete the selected region."""
        region = self.selected()
        if region is not None:
            self._apply(f"Delete {region.name}", edits.remove_region(region.id))

    def _change(self, region_id: str, **changes: Any) -> None:
        region = self.selected()
        if region is None or region.id != region_id or changes.get("name") == "":
            return
        if any(getattr(region, field) != value for field, value in changes.items()):
            self._apply(f"Change {region.name}", edits.change_region(region_id, **changes))

    def _spectrum(self) -> None:
        region = self.selected()
        if region is not None:
            self._desk.spectra.show_region(region)

    def _apply(self, label: str, edit: Edit) -> None:
        attempt(self._desk, lambda: self._session.document.apply(label, edit))


HINTS = {
    "rectangle": "Drag a rectangle. Esc ends drawing.",
    "ellipse": "Drag an ellipse. Esc ends drawing.",
    "polygon": "Click the corners; double-click or Enter closes. Esc ends drawing.",
    "line": "Drag a line. Esc ends drawing.",
    "point": "Click a point. Esc ends drawing.",
}
