"""Keeping, comparing and choosing alternatives of a registration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QInputDialog

from tiepoint.gui.feedback import attempt
from tiepoint.project import edits

if TYPE_CHECKING:
    from tiepoint.gui.desk import Desk
    from tiepoint.project.document import Edit


class BranchesController(QObject):
    """Acts on the branches of the registration that is worked on."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._session = desk.session
        panel = desk.register_panel.branches
        panel.keep_wanted.connect(self.keep)
        panel.use_wanted.connect(self.use)
        panel.rename_wanted.connect(self.rename)
        panel.removal_wanted.connect(self.remove)

    def keep(self) -> None:
        """Keep the present state under a name and go on with the branch in use."""
        registration = self._desk.register.registration
        if registration is None:
            self._desk.status.say("Choose the moving and the fixed dataset first.")
            return
        number = len(self._session.registering.branches(registration.id))
        name, accepted = QInputDialog.getText(
            self._desk, "Keep as branch", "Name of the branch", text=f"branch {number + 1}"
        )
        if accepted and name.strip():
            self._apply(f"Keep {name.strip()}", edits.add_branch(registration.id, name.strip()))

    def use(self, branch_id: str) -> None:
        """Put a branch in use and work on it."""
        self._desk.register.registration_id = branch_id
        self._apply("Use another branch", edits.use_branch(branch_id))
        self._desk.register.refresh()

    def use_next(self) -> None:
        """Put the next branch in use, to compare them one after the other."""
        registration = self._desk.register.registration
        if registration is None:
            return
        keys = [row.id for row in self._session.registering.branches(registration.id)]
        if len(keys) < 2:
            self._desk.status.say("There is one branch only: keep one first (Ctrl+B).")
            return
        self.use(keys[(keys.index(registration.id) + 1) % len(keys)])

    def rename(self) -> None:
        """Ask for another name of the branch in use."""
        registration = self._desk.register.registration
        if registration is None:
            return
        name, accepted = QInputDialog.getText(
            self._desk, "Rename branch", "Name of the branch", text=registration.branch
        )
        if accepted and name.strip():
            self._apply("Rename branch", edits.rename_branch(registration.id, name.strip()))

    def remove(self) -> None:
        """Remove the branch in use; the oldest other one takes its place."""
        registration = self._desk.register.registration
        if registration is not None:
            self._apply("Remove registration", edits.remove_registration(registration.id))

    def _apply(self, label: str, edit: Edit) -> None:
        attempt(self._desk, lambda: self._session.document.apply(label, edit))
