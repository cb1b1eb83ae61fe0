"""Names of datasets: short, unique, made from file names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

DOUBLE = (".ome", ".nii", ".zarr", ".tar")
"""First halves of double extensions: ``moving.ome.tif``, ``brain.nii.gz``, ``a.zarr.zip``."""


def stem_of(path: Path) -> str:
    """Return a file's name without its extensions; dots inside of the name are kept."""
    stem = path.stem if path.suffix and not path.name.startswith(".") else path.name
    while any(stem.lower().endswith(end) and len(stem) > len(end) for end in DOUBLE):
        stem = stem[: stem.rfind(".")]
    return stem


def dataset_names(path: Path, titles: Sequence[str], taken: Iterable[str] = ()) -> list[str]:
    """Return one unique name per dataset of a file.

    Parameters
    ----------
    path
        The file.
    titles
        The file's own name for each of its datasets; may be empty. A single dataset is named by
        the file's stem, several ``stem/title``.
    taken
        Names in use already.

    Returns
    -------
    list of str
        In the order of `titles`; the second of equal names ends in `` 2``, and so on.
    """
    stem = stem_of(path)
    used = set(taken)
    names = []
    for number, title in enumerate(titles, start=1):
        words = " ".join(title.split()) or str(number)
        names.append(unique_name(stem if len(titles) == 1 else f"{stem}/{words}", used))
        used.add(names[-1])
    return names


def unique_name(wish: str, taken: Iterable[str]) -> str:
    """Return `wish`, with `` 2``, `` 3`` … appended if it is taken."""
    used = set(taken)
    if wish not in used:
        return wish
    number = 2
    while f"{wish} {number}" in used:
        number += 1
    return f"{wish} {number}"
