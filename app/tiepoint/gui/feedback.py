"""Telling the person: a plain sentence, what to do, details to copy."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

log = logging.getLogger(__name__)


def tell(parent: QWidget, sentence: str, details: str = "") -> None:
    """Show a refusal in words; it does not block the rest of the window."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle("Tiepoint")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setIcon(QMessageBox.Icon.Information)
    box.setText(sentence)
    if details:
        box.setDetailedText(details)
    box.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    box.setModal(False)
    box.open()


def attempt(parent: QWidget, action: Callable[[], object]) -> bool:
    """Run `action`; a refusal or an unforeseen error is told, never raised into Qt.

    Returns
    -------
    bool
        Whether it went through.
    """
    try:
        action()
    except TiepointError as error:
        tell(parent, str(error))
    except Exception as error:
        log.exception("unforeseen error")
        tell(
            parent,
            "Something went wrong that Tiepoint did not foresee; your project is unchanged."
            f" ({type(error).__name__})",
            traceback.format_exc(),
        )
    else:
        return True
    return False
