"""Text, links and units of HDF5 files."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from tiepoint.sdk import readable_text

MOST_HOPS = 8


def text(value: Any) -> str:
    """Return an attribute or scalar dataset as text; empty if it is none."""
    if value is None or type(value).__name__ == "Empty":
        return ""
    if isinstance(value, np.ndarray):
        value = value.ravel()[0] if value.size else ""
    return readable_text(value) if isinstance(value, bytes) else str(value)


def texts(value: Any) -> list[str]:
    """Return an attribute that holds one name or several, also ``a:b`` and ``[a,b]``."""
    if value is None or type(value).__name__ == "Empty":
        return []
    if isinstance(value, np.ndarray | list | tuple):
        return [text(item) for item in np.asarray(value, dtype=object).ravel()]
    return [part.strip() for part in re.split(r"[:,]", text(value).strip("[]")) if part.strip()]


def attribute(item: Any, name: str) -> Any:
    """Return an attribute, ``None`` if it is missing or cannot be read."""
    try:
        return item.attrs.get(name)
    except (OSError, RuntimeError, TypeError, ValueError, KeyError):
        return None


def unit_text(item: Any) -> str:
    """Return the unit attribute of a dataset, whichever way it is spelled."""
    for name in ("units", "unit", "UNIT", "Units"):
        found = text(attribute(item, name)).strip()
        if found:
            return found
    return ""


def own(group: Any, name: str, hops: int = MOST_HOPS) -> Any:
    """Return a member that lies in this file; ``None`` for a link into another one or nowhere.

    Parameters
    ----------
    group
        Where to start.
    name
        Path from there, or from the file's root if it begins with a slash.
    hops
        How many links within the file may be followed in a row.
    """
    import h5py

    here = group.file if name.startswith("/") else group
    for part in (part for part in name.split("/") if part):
        if not isinstance(here, h5py.Group) or part in (".", ".."):
            return None
        link = here.get(part, getlink=True)
        if isinstance(link, h5py.SoftLink):
            here = own(here, link.path, hops - 1) if hops else None
        else:
            here = None if isinstance(link, h5py.ExternalLink) else here.get(part)
    return here


def external_targets(group: Any) -> list[str]:
    """Return the names of other files that members of a group link to."""
    import h5py

    links = (group.get(name, getlink=True) for name in group)
    return sorted({link.filename for link in links if isinstance(link, h5py.ExternalLink)})


def natural(path: str) -> list[tuple[int, int, str]]:
    """Return a key that sorts ``data2`` before ``data10``."""
    parts = re.split(r"(\d+)", path.lower())
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts]
