"""What the Datasets panel and its menu do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QInputDialog, QMessageBox

from tiepoint.gui.dialogs.calibration import ask_pixel_size
from tiepoint.gui.dialogs.tilt import ask_tilt
from tiepoint.gui.feedback import attempt
from tiepoint.project import edits

if TYPE_CHECKING:
    from tiepoint.gui.desk import Desk
    from tiepoint.project.document import Edit


TECHNIQUES = (
    "micro-CT", "nano-CT", "SEM", "FIB", "TEM", "STEM", "EDS", "EELS", "EBSD", "CL", "Raman", "IR",
    "XRF", "XRD", "AFM", "profilometry", "atom probe", "light microscopy", "fluorescence",
    "localisation microscopy", "DIC",
)  # fmt: skip
"""Offered where a file does not say; any other word may be typed."""


class DatasetsController(QObject):
    """Renames, calibrates and removes datasets."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        panel = desk.datasets_panel
        panel.view_wanted.connect(lambda i: desk.views.view_in(i))
        panel.register_wanted.connect(lambda i: desk.register.begin_with_moving(i))
        panel.rename_wanted.connect(lambda _i: self.rename_dataset())
        panel.calibrate_wanted.connect(lambda _i: self.calibrate_dataset())
        panel.remove_wanted.connect(lambda _i: self.remove_dataset())
        panel.stage_wanted.connect(lambda _i: self.place_by_stage())
        panel.technique_wanted.connect(lambda _i: self.set_technique())
        panel.selected.connect(self._offer_stage)

    def rename_dataset(self) -> None:
        """Ask for a new name of the selected dataset."""
        dataset_id = self._desk.datasets_panel.current_id()
        if not dataset_id:
            return
        old = self._session.dataset(dataset_id).name
        name, accepted = QInputDialog.getText(self._desk, "Rename dataset", "Name", text=old)
        if accepted and name.strip():
            self._apply("Rename", edits.rename(dataset_id, name.strip()))

    def set_technique(self) -> None:
        """Ask with which technique the selected dataset was measured."""
        dataset_id = self._desk.datasets_panel.current_id()
        if not dataset_id:
            return
        now = self._session.dataset(dataset_id).technique
        known = list(dict.fromkeys([now, *TECHNIQUES]))
        technique, accepted = QInputDialog.getItem(
            self._desk, "Technique", "Measured by", known, 0, True
        )
        if accepted and technique.strip():
            self._apply("Set technique", edits.set_technique(dataset_id, technique.strip()))

    def place_by_stage(self) -> None:
        """Place the selected image on another by the stage positions that both files state."""
        dataset_id = self._desk.datasets_panel.current_id()
        if not dataset_id:
            return
        staging = self._session.staging
        partners = [d.id for d in staging.partners(dataset_id)]
        frame = self._session.project.view.frame
        chosen = frame if frame in partners else None
        if attempt(self._desk, lambda: staging.place(dataset_id, chosen)):
            self._desk.status.say("Placed by stage, ± 20 µm. Undo takes it back.")

    def _offer_stage(self, dataset_id: str) -> None:
        """Say in the panel that a dataset could be placed by its stage position."""
        partners = self._session.staging.partners(dataset_id)
        state = self._session.locating.state(dataset_id)
        if partners and state == "not registered":
            self._desk.datasets_panel.add_detail(
                f"Its stage position can place it on {partners[0].name} (± 20 µm): right click,"
                " Place by stage position."
            )

    def calibrate_dataset(self) -> None:
        """Ask for the pixel size of the selected dataset."""
        dataset_id = self._desk.datasets_panel.current_id()
        if not dataset_id:
            return
        answer = ask_pixel_size(self._desk, self._session.dataset(dataset_id))
        if answer is not None:
            scales, unit = answer
            self._apply("Set pixel size", edits.set_calibration(dataset_id, scales, unit))

    def correct_tilt(self) -> None:
        """Ask at which tilt the selected image was taken, and stretch it to true lengths."""
        dataset_id = self._desk.datasets_panel.current_id()
        if not dataset_id:
            return
        dataset = self._session.dataset(dataset_id)
        if dataset.ndim_space != 2 or dataset.unit is None:
            self._desk.status.say("Select an image with a pixel size to correct for tilt.")
            return
        answer = ask_tilt(self._desk, dataset)
        if answer is not None:
            tilt_deg, surface = answer
            label = f"Correct {dataset.name} for {tilt_deg:.4g}° tilt"
            self._apply(label, edits.correct_tilt(dataset_id, tilt_deg, surface))

    def mark_model_derived(self) -> None:
        """Note that a model made the selected map (classes, confidences), or take that back."""
        dataset_id = self._desk.datasets_panel.current_id()
        if not dataset_id:
            return
        on = not self._session.dataset(dataset_id).model_derived
        label = "Mark as model-derived" if on else "Take away the mark model-derived"
        self._apply(label, edits.set_model_derived(dataset_id, on=on))
        self._desk.status.say("Marked as model-derived." if on else "The mark is taken away.")

    def switch_contours(self) -> None:
        """Draw lines of equal value over the selected image, or take them away."""
        dataset_id = self._desk.datasets_panel.current_id()
        if not dataset_id:
            return
        dataset = self._session.dataset(dataset_id)
        if dataset.rgb or dataset.kind == "labels":
            self._desk.status.say(f"{dataset.name} is coloured already: no contour lines.")
            return
        on = not dataset.display.contours
        label = "Contour lines" if on else "No contour lines"
        self._apply(f"{label}, {dataset.name}", edits.set_display(dataset_id, contours=on))

    def remove_dataset(self) -> None:
        """Remove the selected dataset after saying what goes with it."""
        dataset_id = self._desk.datasets_panel.current_id()
        if not dataset_id:
            return
        dataset = self._session.dataset(dataset_id)
        gone = edits.dependents(self._session.project, dataset_id).sentence
        if gone:
            answer = QMessageBox.question(
                self._desk, "Remove dataset", f"Remove {dataset.name}?\n{gone}\nYou can undo this."
            )
            if answer != QMessageBox.StandardButton.Yes:
                return
        self._apply(f"Remove {dataset.name}", edits.remove_dataset(dataset_id))

    def _apply(self, label: str, edit: Edit) -> None:
        attempt(self._desk, lambda: self._session.document.apply(label, edit))
