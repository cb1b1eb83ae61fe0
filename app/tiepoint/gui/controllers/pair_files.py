"""Reading and writing the pairs of the registration that is worked on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog

from tiepoint.gui.feedback import attempt

if TYPE_CHECKING:
    from tiepoint.gui.desk import Desk


def import_pairs(desk: Desk, registration_id: str) -> None:
    """Ask for a file and add its pairs."""
    if not registration_id:
        desk.status.say("Choose the moving and the fixed dataset first.")
        return
    name, _ = QFileDialog.getOpenFileName(desk, "Import pairs", "", "Pairs (*.csv *.txt *.xml)")
    if name:
        attempt(desk, lambda: desk.session.import_pairs(registration_id, Path(name)))


def export_pairs(desk: Desk, registration_id: str) -> None:
    """Ask where to and write the pairs as CSV."""
    if not registration_id:
        desk.status.say("There are no pairs to export yet.")
        return
    name, _ = QFileDialog.getSaveFileName(desk, "Export pairs", "pairs.csv", "CSV (*.csv)")
    if name:
        attempt(desk, lambda: desk.session.export_pairs(registration_id, Path(name)))
