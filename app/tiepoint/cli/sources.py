"""What a command reads from: a project or a data file, and the dataset in it that is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiepoint.session import Session
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable
    from pathlib import Path

    from tiepoint.model.dataset import Dataset


def opened(path: Path) -> Session:
    """Open a project, or a data file in a session of its own."""
    if path.suffix == ".tiepoint":
        return Session.open(path)
    session = Session()
    session.add_files([path])
    return session


def the_only(
    session: Session, options: Namespace, fits: Callable[[Dataset], bool], words: str
) -> Dataset:
    """Return the dataset named by ``--dataset``, else the only one that fits.

    Parameters
    ----------
    words
        What is looked for: ``"spectrum image"``.

    Raises
    ------
    TiepointError
        If there is none, or several.
    """
    if options.dataset:
        return session.dataset(options.dataset)
    found = [dataset for dataset in session.project.datasets if fits(dataset)]
    if len(found) == 1:
        return found[0]
    name = str(options.source).replace("\\", "/").rpartition("/")[2]
    if not found:
        raise TiepointError(f"{name} holds no {words}.")
    names = ", ".join(dataset.name for dataset in found)
    several = words.replace("scan of", "scans of") if "scan of" in words else f"{words}s"
    raise TiepointError(f"{name} holds several {several}; say which by --dataset: {names}.")
