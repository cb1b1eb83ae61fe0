"""A project written for other programs: what is asked first, then a task that writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QInputDialog

from tiepoint.gui.dialogs.nexus_export import AtomProbeDialog, ElectronMicroscopyDialog
from tiepoint.gui.feedback import attempt, tell
from tiepoint.session import exporting
from tiepoint.session.exporting_atom_probe import export_nxapm, reconstructions_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.gui.desk import Desk
    from tiepoint.support.tasks import TaskControl

    Work = Callable[[Path, TaskControl], object]


def export_project(desk: Desk) -> None:
    """Ask for a form and for what it needs, and write the project in the background."""
    forms = {
        "Research object crate (a folder that describes itself)": _export_crate,
        "Coordinate transformations (OME-NGFF JSON)": _export_transformations,
        "Tables of landmarks and regions (CSV)": _export_tables,
        "Electron microscopy session (NeXus NXem)": _export_microscopy,
        "Atom probe reconstruction (NeXus NXapm)": _export_atom_probe,
    }
    form, accepted = QInputDialog.getItem(desk, "Export project", "As", list(forms), editable=False)
    if accepted:
        attempt(desk, lambda: forms[form](desk))


def _export_crate(desk: Desk) -> None:
    _write(desk, _folder(desk), lambda path, _: exporting.export_crate(desk.session, path))


def _export_tables(desk: Desk) -> None:
    _write(desk, _folder(desk), lambda path, _: exporting.export_tables(desk.session.project, path))


def _export_transformations(desk: Desk) -> None:
    place = _file(desk, "transformations.json", "JSON (*.json)")

    def work(path: Path, _control: TaskControl) -> list[str]:
        return exporting.export_ngff(desk.session.project, path)

    _write(desk, place, work, tells_left_out=True)


def _export_microscopy(desk: Desk) -> None:
    dialog = ElectronMicroscopyDialog(desk)
    if dialog.exec():
        known, place = dialog.answer, _file(desk, "session.nxs", "NeXus (*.nxs)")
        _write(desk, place, lambda path, _: exporting.export_nxem(desk.session, path, known))


def _export_atom_probe(desk: Desk) -> None:
    dialog = AtomProbeDialog(desk, [ions.name for ions in reconstructions_of(desk.session)])
    if dialog.exec():
        (known, name), place = dialog.answer, _file(desk, "specimen.nxs", "NeXus (*.nxs)")
        _write(
            desk,
            place,
            lambda path, control: export_nxapm(desk.session, path, known, name, control),
        )


def _folder(desk: Desk) -> Path | None:
    name = QFileDialog.getExistingDirectory(desk, "Folder to write into")
    return Path(name) if name else None


def _file(desk: Desk, proposed: str, kinds: str) -> Path | None:
    name, _ = QFileDialog.getSaveFileName(desk, "Export project", proposed, kinds)
    return Path(name) if name else None


def _write(desk: Desk, place: Path | None, work: Work, *, tells_left_out: bool = False) -> None:
    """Write in a task; tell when it is done and, if `work` returns it, what was left out."""
    if place is None:
        return

    def done(result: object) -> None:
        left_out = result if tells_left_out and isinstance(result, list) else []
        tell(desk, "\n".join([f"{place} is written.", *left_out]))

    desk.tasks.start(f"Exporting to {place.name}", lambda control: work(place, control), done)
