"""Write the demo: the files of every instrument and the truth behind them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from tiepoint.demo.ct import scan
from tiepoint.demo.eds import spectrum_image
from tiepoint.demo.frames import NANO, SCANS
from tiepoint.demo.hspy import write_hspy
from tiepoint.demo.light import light_image
from tiepoint.demo.nexus import write_nexus
from tiepoint.demo.ome import write_rgb, write_volume
from tiepoint.demo.sem import sem_image
from tiepoint.demo.stem import haadf_image, phase_fractions
from tiepoint.demo.thermo import write_sem
from tiepoint.demo.truth import FILES, truth_json
from tiepoint.demo.twin import Twin, make_twin
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from tiepoint.demo.sizes import Sizes

Progress: TypeAlias = Callable[[float, str], None]
"""Called with the fraction done (0–1) and what is being made; may raise to stop."""

_DATES = {
    "ct_000min": "2024-05-14T09:30:00",
    "ct_020min": "2024-05-14T09:50:00",
    "ct_045min": "2024-05-14T10:15:00",
    "nano_ct": "2024-05-16T11:40:00",
    "light": "2024-05-13T16:05:00",
}


@dataclass(frozen=True, eq=False)
class DemoFiles:
    """What `write_demo` wrote.

    Attributes
    ----------
    folder
        Where.
    paths
        Dataset name (one of `tiepoint.demo.twin.DATASETS`) to file. The file of ``stem`` holds
        two datasets, HAADF and EDS, in one frame.
    truth_path
        ``truth.json``.
    twin
        The truth as an object.
    """

    folder: Path
    paths: dict[str, Path]
    truth_path: Path
    twin: Twin


def write_demo(
    folder: Path | str, seed: int, progress: Progress | None = None, sizes: Sizes | None = None
) -> DemoFiles:
    """Make the demo's files in a folder; the same seed gives the same bytes.

    Parameters
    ----------
    folder
        Made if it does not exist; files of an earlier demo in it are replaced.
    seed
        What everything random is drawn from.
    progress
        Hears how far it is.
    sizes
        Pixel counts; the full demo without it.

    Raises
    ------
    TiepointError
        If the folder cannot be written.
    """
    folder = Path(folder)
    twin = make_twin(seed, sizes)
    report = progress or (lambda _fraction, _message: None)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_all(folder, twin, report)
        truth_path = folder / "truth.json"
        _whole(truth_path, lambda path: _text(path, truth_json(twin)))
    except OSError as error:
        raise TiepointError(
            f"The demo cannot be written to {folder}: {error.strerror or error}. "
            "Choose a folder that you may write to, with 80 MB free."
        ) from error
    report(1.0, "Demo data made")
    paths = {name: folder / file for name, file in FILES.items()}
    return DemoFiles(folder, paths, truth_path, twin)


def _write_all(folder: Path, twin: Twin, report: Progress) -> None:
    """Make the files one after the other; an exception of `report` stops here."""
    steps: list[tuple[str, str, Callable[[Path], None]]] = [
        ("light", "light-microscope overview", lambda path: _light(twin, path)),
        *((name, f"CT scan, {name[3:6]} min", _scan_writer(twin, name)) for name in SCANS),
        (NANO, "nano-CT scan of the lift-out site", lambda path: _nano(twin, path)),
        ("sem", "FIB-SEM image", lambda path: _sem(twin, path)),
        ("stem", "STEM image and EDS spectra", lambda path: _stem(twin, path)),
    ]
    for done, (name, words, write) in enumerate(steps):
        report(done / len(steps), f"Making the {words}")
        _whole(folder / FILES[name], write)


def _whole(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file under another name first: what carries the right name is complete."""
    unfinished = path.with_name(f".unfinished-{path.name}")
    try:
        write(unfinished)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def _text(path: Path, text: str) -> None:
    path.write_bytes(text.encode())


def _scan_writer(twin: Twin, name: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        volume, minutes = scan(twin, name), twin.minutes(name)
        title, voxel = f"Mg-10Gd wire, {minutes} min", twin.sizes.ct_voxel_um
        if FILES[name].endswith(".nxs"):
            write_nexus(path, volume, voxel, "um", title, minutes, _DATES[name])
        else:
            packed = name != SCANS[0]
            write_volume(path, volume, voxel, title, minutes, _DATES[name], compressed=packed)

    return write


def _nano(twin: Twin, path: Path) -> None:
    title, minutes = "Mg-10Gd wire, lift-out site", twin.minutes(NANO)
    volume = scan(twin, NANO)
    write_nexus(path, volume, twin.sizes.nano_voxel_nm, "nm", title, minutes, _DATES[NANO])


def _light(twin: Twin, path: Path) -> None:
    title = "Mg-10Gd wire end"
    write_rgb(path, light_image(twin), twin.sizes.light_pixel_um, title, _DATES["light"])


def _sem(twin: Twin, path: Path) -> None:
    write_sem(path, sem_image(twin), twin.sizes.sem_pixel_nm)


def _stem(twin: Twin, path: Path) -> None:
    fractions = phase_fractions(twin)
    haadf = haadf_image(twin, fractions)
    write_hspy(path, haadf, spectrum_image(twin, fractions), twin.sizes)
