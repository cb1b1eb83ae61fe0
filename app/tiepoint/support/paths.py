"""Where Tiepoint keeps its own files, apart from napari's and from the projects."""

from __future__ import annotations

import os
from pathlib import Path


def settings_folder() -> Path:
    """Return the folder of settings; ``$TIEPOINT_HOME`` overrides the platform's own."""
    return _folder("config")


def state_folder() -> Path:
    """Return the folder of local state: recent files, window layout, journals."""
    return _folder("state")


def cache_folder() -> Path:
    """Return the folder of what can be made again: local copies, levels."""
    return _folder("cache")


def resource(name: str) -> Path:
    """Return a file shipped with the program: ``resource("fonts/Inter.ttf")``."""
    installed = Path(__file__).parent.parent / "resources" / name
    return installed if installed.exists() else Path(__file__).parents[3] / "resources" / name


def _folder(kind: str) -> Path:
    home = os.environ.get("TIEPOINT_HOME")
    if home:
        path = Path(home) / kind
    else:
        import platformdirs

        path = Path(getattr(platformdirs, f"user_{kind}_dir")("tiepoint", appauthor=False))
    path.mkdir(parents=True, exist_ok=True)
    return path
