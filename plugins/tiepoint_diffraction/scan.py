"""One EBSD scan: what its header says now, its points when they are asked for."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import RLock
from typing import TYPE_CHECKING, Any

from tiepoint_diffraction.grid import Grid, find_grid

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from tiepoint_diffraction.phases import Phase

KEPT = 4


@dataclass(frozen=True)
class Points:
    """Measured points of a scan.

    Attributes
    ----------
    x_um, y_um
        Positions, shape (n,).
    phase
        Label per point, 0 where not indexed, shape (n,).
    euler_rad
        Bunge angles, shape (n, 3).
    maps
        Title to values, shape (n,) each: band contrast, image quality …
    """

    x_um: NDArray[np.float64]
    y_um: NDArray[np.float64]
    phase: NDArray[np.uint8]
    euler_rad: NDArray[np.float64]
    maps: dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Header:
    """What an EBSD file says besides its points.

    Attributes
    ----------
    phases
        In order of their labels.
    x_along_reciprocal_a
        The vendor's Cartesian x axis in hexagonal crystals: along a* (Oxford) or a (EDAX).
    identification, references, settings
        Groups of the metadata.
    original
        The header, verbatim.
    warnings
        Sentences.
    angles_refer_to
        The sample axes of the Euler angles, in the file's words; empty if it does not say.
    """

    phases: tuple[Phase, ...]
    x_along_reciprocal_a: bool
    identification: dict[str, Any] = field(default_factory=dict)
    references: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    original: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    angles_refer_to: str = ""


@dataclass(frozen=True)
class Scan:
    """A scan whose points lie on a grid."""

    header: Header
    points: Points
    grid: Grid


_kept: OrderedDict[tuple[Any, ...], Scan] = OrderedDict()
_lock = RLock()


def scan_of(
    path: Path, kind: str, read: Callable[[Path, str], tuple[Header, Points]], inner: str
) -> Scan:
    """Return a scan in a file, anew or from the last time.

    Parameters
    ----------
    path
        The file; if it changes on disk it is read anew.
    kind
        Name of the format.
    read
        Reads header and points.
    inner
        Which scan of the file, ``""`` where it holds one.

    Raises
    ------
    TiepointError
        If the points lie on no grid.
    """
    stat = path.stat()
    key = (kind, inner, str(path), stat.st_size, stat.st_mtime_ns)
    with _lock:
        scan = _kept.get(key)
        if scan is None:
            header, points = read(path, inner)
            grid = find_grid(points.x_um, points.y_um, path.name)
            scan = _kept[key] = Scan(header, points, grid)
            while len(_kept) > KEPT:
                _kept.popitem(last=False)
        _kept.move_to_end(key)
        return scan
