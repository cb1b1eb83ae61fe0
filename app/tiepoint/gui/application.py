"""Starting the window."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tiepoint.support.collecting import collected_later
from tiepoint.viewer.start import prepare_environment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PySide6.QtWidgets import QApplication

    from tiepoint.gui.main_window import MainWindow
    from tiepoint.session import Session


def make_application() -> QApplication:
    """Return the one QApplication, with our name, icon, fonts and theme."""
    prepare_environment()
    from PySide6.QtGui import QIcon
    from PySide6.QtWidgets import QApplication

    from tiepoint.gui.theme import apply_theme
    from tiepoint.support.paths import resource
    from tiepoint.support.settings import load_settings

    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("Tiepoint")
    app.setApplicationDisplayName("Tiepoint")
    app.setWindowIcon(QIcon(str(resource("icons/tiepoint.svg"))))
    settings = load_settings()
    apply_theme(app, settings.theme, settings.font_size_pt)
    return app


@collected_later()
def open_window(session: Session) -> MainWindow:
    """Return a shown main window on a session; `make_application` comes first."""
    from tiepoint.gui.main_window import MainWindow

    window = MainWindow(session)
    window.show()
    return window


def run(session: Session, files: Sequence[Path] = ()) -> int:
    """Show the window and return the exit code when it is closed."""
    app = make_application()
    window = open_window(session)
    window.recovering.look_at_start()
    if files:
        window.add_files(list(files))
    return app.exec()
