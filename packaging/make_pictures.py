"""Render docs/pictures from a demo project, in the real window, on the display that is there.

Run as ``python packaging/make_pictures.py DIR`` where DIR holds the demo that ``./run demo
--headless DIR`` has built. Needs a screen of at least 1600 × 1000 (``xvfb-run`` makes one). The
screen itself is grabbed: a widget's own ``grab`` leaves the OpenGL canvas black.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.demo.project import NAMES, is_inside

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QApplication

    from tiepoint.gui.main_window import MainWindow
    from tiepoint.session import Session

OUT = Path(__file__).resolve().parent.parent / "docs" / "pictures"
SIZE = (1600, 1000)
MOST_BYTES = 400_000
CALM_S = 1.0
"""The window counts as idle after this long without work."""
PATIENCE_S = 120.0


def require_true(session: Session, folder: Path) -> None:
    """Refuse a demo whose registration contradicts its own truth.

    Raises
    ------
    ValueError
        If the true target lies outside its 95 % ellipse: project and files are of two demos.
    """
    places = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["target"]["positions"]
    found = session.locating.locate(NAMES["stem"], "ct_045min", np.array([places["stem"]]))[0]
    offset = found.position - np.array(places["ct_045min"])
    if found.semi_axes is None or found.directions is None:
        raise ValueError("the demo's error is not known")
    if not is_inside(offset, found.semi_axes, found.directions):
        raise ValueError("the demo's target lies outside its ellipse: build the demo again")


def settle(app: QApplication, window: MainWindow) -> None:
    """Run the event loop until nothing has been drawn or computed for a while.

    Raises
    ------
    TimeoutError
        If the window never comes to rest.
    """
    start = calm_since = time.monotonic()
    while time.monotonic() - calm_since < CALM_S:
        app.processEvents()
        time.sleep(0.02)
        if window.desk.busy or window.desk.tasks.busy:
            calm_since = time.monotonic()
        if time.monotonic() - start > PATIENCE_S:
            raise TimeoutError("the window is still at work")


def shoot(app: QApplication, window: MainWindow, name: str) -> None:
    """Save the window as it is on the screen, as a PNG of at most `MOST_BYTES`."""
    settle(app, window)
    place = window.geometry()
    grabbed = app.primaryScreen().grabWindow(0, place.x(), place.y(), *SIZE)
    raw = OUT / f"{name}.part.png"
    if not grabbed.save(str(raw)):
        raise OSError(f"{raw} cannot be written")
    (OUT / f"{name}.png").write_bytes(_small_png(raw))
    raw.unlink()


def _small_png(path: Path) -> bytes:
    """Return the picture as PNG, with coarser colours where it is too large otherwise."""
    from PIL import Image, ImageOps

    picture = Image.open(path).convert("RGB")
    for bits in (8, 7, 6, 5):
        stream = BytesIO()
        ImageOps.posterize(picture, bits).save(stream, "PNG", optimize=True)
        if stream.tell() <= MOST_BYTES:
            break
    return stream.getvalue()


def show_blend(window: MainWindow) -> None:
    """Show the map on the CT section, in the plane of the lamella."""
    window.desk.show_panel(window.desk.register_panel)
    window.desk.views.single()
    window.desk.views.reset_view()


def show_pair(window: MainWindow) -> None:
    """Show moving and fixed side by side, close to the pairs."""
    register, work = window.desk.register, window.desk.workspace
    window.desk.views.side_by_side()
    registration = register.registration
    assert registration is not None
    register.centre_on_pair(registration.pairs[0].id)
    work.moving.pane.fit_frame()
    window.desk.alignment.copy_to_fixed()


def show_spectrum(window: MainWindow) -> None:
    """Show the spectrum under a region."""
    window.desk.views.single()
    polygon = next(r for r in window.session.project.regions if r.shape == "polygon")
    window.desk.spectra.show_region(polygon)


PICTURES: tuple[tuple[str, Callable[[MainWindow], None]], ...] = (
    ("window", show_blend),
    ("pairs", show_pair),
    ("spectrum", show_spectrum),
)


def main() -> int:
    """Check what was asked for, and do it with settings of its own."""
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "demo.tiepoint").is_file():
        print("Name the folder of a built demo: make_pictures.py DIR", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="tiepoint-pictures-") as home:
        os.environ["TIEPOINT_HOME"] = home
        take_pictures(Path(sys.argv[1]))
    return 0


def take_pictures(folder: Path) -> None:
    """Open the demo of a folder and take every picture."""
    from tiepoint.gui.application import make_application, open_window
    from tiepoint.session import Session

    app = make_application()
    session = Session.open(folder / "demo.tiepoint")
    require_true(session, folder)
    window = open_window(session)
    window.move(0, 0)
    window.resize(*SIZE)
    OUT.mkdir(parents=True, exist_ok=True)
    for name, arrange in PICTURES:
        arrange(window)
        settle(app, window)
        arrange(window)  # once more: a first layout ends by fitting the views to the panes
        shoot(app, window, name)
        print(f"{name}.png  {(OUT / f'{name}.png').stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # tearing down OpenGL on a virtual display may crash after all is done
