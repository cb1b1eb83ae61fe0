"""Names of datasets: short, unique, made from file names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from tiepoint.data.draft import DatasetDraft

DOUBLE = (".ome", ".nii", ".zarr", ".tar")
"""First halves of double extensions: ``moving.ome.tif``, ``brain.nii.gz``, ``a.zarr.zip``."""


def stem_of(path: Path) -> str:
    """Return a file's name without its extensions; dots inside of the name are kept."""
    stem = path.stem if path.suffix and not path.name.startswith(".") else path.name
    while any(stem.lower().endswith(end) and len(stem) > len(end) for end in DOUBLE):
        stem = stem[: stem.rfind(".")]
    return stem


def dataset_names(
    path: Path, drafts: Sequence[DatasetDraft], taken: Iterable[str] = ()
) -> list[str]:
    """Return a name per dataset of a file.

    Parameters
    ----------
    path
        The file.
    drafts
        What it holds. A single dataset is named by the file's stem, several ``stem/title``.
    taken
        Names in use already.

    Returns
    -------
    list of str
        In the order of `drafts`; the second of equal names ends in `` 2``, and so on.
    """
    stem = stem_of(path)
    used = set(taken)
    names = []
    for number, draft in enumerate(drafts, start=1):
        title = " ".join(draft.title.split())
        wish = stem if len(drafts) == 1 else f"{stem}/{title or number}"
        names.append(unique_name(wish, used))
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
