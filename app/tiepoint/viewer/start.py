"""What must be set before napari is imported."""

from __future__ import annotations

import os

from tiepoint.support.paths import settings_folder


def prepare_environment() -> None:
    """Set the variables that napari reads at import.

    ``NAPARI_AUTOSWAP`` avoids a crash of Mesa after a Shapes layer is deleted;
    ``NAPARI_CONFIG`` keeps our settings apart from those of a plain napari.
    """
    os.environ["NAPARI_AUTOSWAP"] = "1"
    os.environ["NAPARI_CONFIG"] = str(settings_folder() / "napari.yaml")
    os.environ.setdefault("QT_API", "pyside6")
