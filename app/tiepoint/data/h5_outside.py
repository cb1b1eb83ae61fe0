"""HDF5 files that draw values from other files: which, and whether that is allowed.

The library follows external links, virtual datasets and external storage to any file that the
program may read. What lies in the file's own folder, or below it, belongs to it; facility files
may reach farther, into folders that the person has allowed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiepoint.data.h5_array import h5_file
from tiepoint.support.errors import TiepointError
from tiepoint.support.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_OBJECTS = 1_000_000
SHOWN = 3


class OutsideDataError(TiepointError):
    """A file draws values from places that nobody has allowed."""


def require_allowed_targets(path: Path, allowed: Iterable[str] | None = None) -> None:
    """Refuse an HDF5 file that reaches out of its folder into one that was not allowed.

    Nothing that it points at is touched.

    Parameters
    ----------
    allowed
        Folders; ``None``: those of the settings.

    Raises
    ------
    OutsideDataError
        Naming what it points at.
    TiepointError
        If the file is damaged, or holds objects without number.
    """
    home = Path(os.path.abspath(path)).parent
    roots = load_settings().data_folders if allowed is None else tuple(allowed)
    outside = sorted(t for t in set(targets(path)) if not _is_inside(t, home, roots))
    if outside:
        more = f" and {len(outside) - SHOWN} more" if len(outside) > SHOWN else ""
        raise OutsideDataError(
            f"{path.name} draws values from other places: {', '.join(outside[:SHOWN])}{more}. If"
            " you trust it, allow that folder (File → Allow a data folder) and open it again."
        )


def targets(path: Path) -> Iterator[str]:
    """Yield the names of other files that a file draws values from, as they stand in it.

    Raises
    ------
    TiepointError
        If the file is damaged, or holds objects without number.
    """
    try:
        with h5_file(path) as file:
            yield from _walk(file.id, path.name)
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        words = (str(error).strip().splitlines() or [""])[0][:200].rstrip(".")
        raise TiepointError(f"{path.name} is damaged or cut short: {words}.") from error


def _walk(root: Any, name: str) -> Iterator[str]:
    import h5py

    seen: set[object] = set()
    waiting = [root]
    while waiting:
        group = waiting.pop()
        for raw in group:
            kind = group.links.get_info(raw).type
            if kind == h5py.h5l.TYPE_EXTERNAL:
                yield group.links.get_val(raw)[0].decode("utf-8", "replace")
            if kind != h5py.h5l.TYPE_HARD:
                continue
            address = h5py.h5o.get_info(group, raw).addr
            if address in seen:
                continue
            seen.add(address)
            if len(seen) > MAX_OBJECTS:
                raise TiepointError(f"{name} declares more than {MAX_OBJECTS:,} objects.")
            node = h5py.h5o.open(group, raw)
            if isinstance(node, h5py.h5g.GroupID):
                waiting.append(node)
            elif isinstance(node, h5py.h5d.DatasetID):
                yield from _sources(node)


def _sources(node: Any) -> Iterator[str]:
    import h5py

    plist = node.get_create_plist()
    layout = plist.get_layout()
    if layout == h5py.h5d.VIRTUAL:
        for number in range(plist.get_virtual_count()):
            source = plist.get_virtual_filename(number)
            if source != ".":
                yield source
    elif layout == h5py.h5d.CONTIGUOUS:
        for number in range(plist.get_external_count()):
            yield os.fsdecode(plist.get_external(number)[0])


def _is_inside(target: str, home: Path, roots: Iterable[str]) -> bool:
    """Whether a name leads into a folder that may be read; its text decides, then its links."""
    text = target.replace("\\", "/")
    if "\0" in text or "://" in text:
        return False
    if text.startswith("//") and not str(home).startswith("//"):
        return any(_is_below(text, str(root).replace("\\", "/")) for root in roots)
    place = os.path.normpath(os.path.join(home, text))
    allowed = [str(home), *map(os.path.abspath, roots)]
    if not any(_is_below(place, root) for root in allowed):
        return False
    real = os.path.realpath(place)
    return any(_is_below(real, os.path.realpath(root)) for root in allowed)


def _is_below(place: str, root: str) -> bool:
    return place == root or place.startswith(root.rstrip("/\\") + os.sep)
