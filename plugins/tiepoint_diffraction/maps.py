"""Drafts of an EBSD scan: quality maps, the phase map and the orientation colours, in one frame."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import (
    Axis,
    DatasetDraft,
    Metadata,
    Orientations,
    decoded_array,
    length,
    spatial_axes,
)
from tiepoint_diffraction.ang import read_ang
from tiepoint_diffraction.colouring import COLOURED, euler_colours, ipf_z
from tiepoint_diffraction.crc import read_crc
from tiepoint_diffraction.ctf import read_ctf
from tiepoint_diffraction.h5_scans import read_edax, read_oina
from tiepoint_diffraction.phases import phase_legend
from tiepoint_diffraction.scan import Header, Points, Scan, scan_of
from tiepoint_diffraction.truepix import read_truepix

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

READERS: dict[str, Callable[[Path, str], tuple[Header, Points]]] = {
    "ang": read_ang,
    "ctf": read_ctf,
    "crc": read_crc,
    "edax-h5": read_edax,
    "oina": read_oina,
    "truepix": read_truepix,
}
PHASES, COLOURS, EULER = "Phases", "IPF-Z", "Euler colours"
ANGLES = "Bunge angles"
"""Of `decode_map` only: what stands behind the maps, no map itself."""
GREY = 128

HEXAGONAL = (
    "The map was measured on a hexagonal grid: every point is drawn as two pixels of half a step"
    " that cover its cell."
)


def read_file(path: Path, kind: str, inner: str = "") -> list[DatasetDraft]:
    """Return the maps of an EBSD scan.

    Parameters
    ----------
    path
        The file; either of a pair.
    kind
        Key of `READERS`.
    inner
        Which scan of the file, ``""`` where it holds one.

    Raises
    ------
    TiepointError
        If the points lie on no grid, or the file is damaged.
    """
    scan = scan_of(path, kind, READERS[kind], inner)
    titles = [(title, values.dtype) for title, values in scan.points.maps.items()]
    colours = COLOURS if _has_key(scan.header) else EULER
    titles += [(PHASES, np.dtype(np.uint8)), (colours, np.dtype(np.uint8))]
    return [_draft(path, scan, kind, inner, title, dtype) for title, dtype in titles]


def decode_map(path: Path, kind: str, inner: str, title: str) -> NDArray[Any]:
    """Return one map of a file, shape (y, x) or (y, x, 3)."""
    scan = scan_of(path, kind, READERS[kind], inner)
    points, grid = scan.points, scan.grid
    if title == PHASES:
        values: NDArray[Any] = points.phase
    elif title in (COLOURS, EULER):
        values = colours_of(scan.header, points)
    elif title == ANGLES:
        values = points.euler_rad.astype(float)
    else:
        values = points.maps[title]
    return grid.filled(values, points.x_um, points.y_um, 0)


def colours_of(header: Header, points: Points) -> NDArray[np.uint8]:
    """Return the colour of every point, shape (n, 3); black where not indexed.

    Points of phases whose Laue group has no key are grey; if no phase has one, the Euler angles
    are the colours.
    """
    phi1, big_phi, phi2 = points.euler_rad.T
    colours = np.zeros((points.phase.size, 3), np.uint8)
    if not _has_key(header):
        colours[:] = euler_colours(phi1, big_phi, phi2)
    for phase in header.phases:
        here = points.phase == phase.number
        if phase.laue in COLOURED:
            colours[here] = ipf_z(
                big_phi[here], phi2[here], phase.laue, header.x_along_reciprocal_a
            )
        elif _has_key(header):
            colours[here] = GREY
    colours[points.phase == 0] = 0
    return colours


def _draft(
    path: Path, scan: Scan, kind: str, inner: str, title: str, dtype: np.dtype[Any]
) -> DatasetDraft:
    header, grid = scan.header, scan.grid
    rgb = title in (COLOURS, EULER)
    axes = spatial_axes(("y", "x"), grid.shape, grid.step, "µm", grid.first_centre)
    shape: tuple[int, ...] = (*grid.shape, 3) if rgb else grid.shape
    return DatasetDraft(
        title=title,
        key=f"{inner}/{title}" if inner else title,
        technique="EBSD",
        kind="labels" if title == PHASES else "image",
        axes=(*axes, Axis(name="c", size=3, role="channel")) if rgb else axes,
        array=decoded_array(decode_map, path, shape, dtype, kind, inner, title),
        frame=f"scan {inner}".strip(),
        rgb=rgb,
        metadata=_metadata(header, scan, title),
        original=partial(original_header, path, kind, inner),
        legend=phase_legend(header.phases) if title == PHASES else (),
        warnings=_warnings(scan, title),
        orientations=_orientations(path, scan, kind, inner),
    )


def _orientations(path: Path, scan: Scan, kind: str, inner: str) -> Orientations:
    header, shape = scan.header, scan.grid.shape
    angles, label = np.dtype(float), np.dtype(np.uint8)
    return Orientations(
        euler_rad=decoded_array(decode_map, path, (*shape, 3), angles, kind, inner, ANGLES),
        phase=decoded_array(decode_map, path, shape, label, kind, inner, PHASES),
        phases=tuple(phase.crystal() for phase in header.phases),
        x_along_reciprocal_a=header.x_along_reciprocal_a,
        refer_to=header.angles_refer_to,
    )


def original_header(path: Path, kind: str, inner: str) -> dict[str, Any]:
    """Return the header of a scan, verbatim."""
    return dict(scan_of(path, kind, READERS[kind], inner).header.original)


def _metadata(header: Header, scan: Scan, title: str) -> Metadata:
    step, columns = scan.grid.step[1], scan.grid.shape[1]
    sizes = {"field_width": length(step * columns, "µm"), "pixel_size": length(step, "µm")}
    legend = {"euler_angles": angle_words(header.angles_refer_to)} | {
        "phases": [phase.legend() for phase in header.phases]
    }
    key = {"colour_key": "IPF of the surface normal"} if title == COLOURS else {}
    return Metadata(
        identification=header.identification,
        references=header.references | sizes,
        settings=header.settings | legend | key,
    )


def angle_words(refer_to: str) -> str:
    """Say how Euler angles are shown: as the file has them."""
    axes = refer_to or "the axes of the file, which it does not name"
    return f"Bunge (z, x′, z″), not turned; they refer to {axes}"


def _warnings(scan: Scan, title: str) -> tuple[str, ...]:
    found = list(scan.header.warnings)
    if scan.grid.hexagonal:
        found.append(HEXAGONAL)
    without = [phase.name for phase in scan.header.phases if phase.laue not in COLOURED]
    if title == COLOURS and without:
        found.append(f"No orientation colours for {', '.join(without)}: drawn in grey.")
    if title == EULER:
        found.append(
            "Colours are the Euler angles, not an inverse pole figure: the Laue group has no key."
        )
    return tuple(found)


def _has_key(header: Header) -> bool:
    return any(phase.laue in COLOURED for phase in header.phases)
