"""What datasets are called: the file's stem, and the file's own titles where it holds several."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LONGEST_EXTENSION = 12


def stem(path: Path) -> str:
    """Return a file's name without its extensions: ``moving.ome.tif`` is ``moving``.

    A dot inside the name proper (``scan 1.5 kV.tif``) stays: an extension is a short word of
    letters and digits that begins with a letter.
    """
    name = path.name
    while "." in name[1:]:
        head, _, extension = name.rpartition(".")
        known = extension.isalnum() and not extension[0].isdigit()
        if not known or len(extension) > LONGEST_EXTENSION or not head:
            break
        name = head
    return name


def dataset_names(path: Path, titles: Sequence[str]) -> list[str]:
    """Return one unique name per dataset of a file.

    Parameters
    ----------
    path
        The file.
    titles
        The file's own name for each of its datasets; may be empty.

    Returns
    -------
    list of str
        ``stem`` for one dataset, ``stem/title`` for several; repeats get `` 2``, `` 3`` …
    """
    base = stem(path)
    if len(titles) == 1:
        return [base]
    names: list[str] = []
    for number, title in enumerate(titles, 1):
        names.append(_unique(f"{base}/{title.strip() or number}", names))
    return names


def _unique(name: str, taken: list[str]) -> str:
    number, candidate = 2, name
    while candidate in taken:
        candidate, number = f"{name} {number}", number + 1
    return candidate
