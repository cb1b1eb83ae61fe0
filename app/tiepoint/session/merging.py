"""Taking over what somebody else saved meanwhile: both versions in one, as one step."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tiepoint.project.arrays import map_key
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiepoint.model.dataset import Dataset
    from tiepoint.model.project import Project
    from tiepoint.project.merge import Key, Side
    from tiepoint.session.conflicts import Conflict
    from tiepoint.session.saving import Snapshot
    from tiepoint.session.session import Session


def take_merged(session: Session, conflict: Conflict, choices: Mapping[Key, Side]) -> Snapshot:
    """Make both versions in one the current value, and return what is to be saved now.

    It is one step that can be undone. The history of the others comes with it. Saving the snapshot
    replaces the very version that was merged; any other is refused again.

    Raises
    ------
    TiepointError
        If the project was changed since the two were compared, or something was not chosen;
        nothing is changed then.
    """
    if session.project is not conflict.mine:
        raise TiepointError("The project was changed since it was compared: save it again.")
    merged = conflict.merged(choices)
    if merged.open:
        raise TiepointError("Say first whose version counts where both of you changed the same.")
    theirs = conflict.theirs
    ids = {dataset.id for dataset in session.project.datasets}
    new = [dataset for dataset in merged.project.datasets if dataset.id not in ids]
    _take_maps(session, conflict, merged.project)
    session.linking.learn(new, theirs.links)
    session.packing.learn(theirs.loaded.arrays)
    session.document.learn(theirs.loaded.history, theirs.past)
    session.keeping.learn(theirs.loaded.history)
    who = f" of {conflict.author}" if conflict.author else " saved meanwhile"
    session.document.apply(f"Merge with the version{who}", lambda _mine: merged.project)
    session.thumbnails.learn(theirs.loaded.arrays)
    return replace(session.saving.snapshot(conflict.path), expected=theirs.loaded.stamp)


def _take_maps(session: Session, conflict: Conflict, merged: Project) -> None:
    """Take over the values of maps that only they have, or that they computed otherwise."""
    mine, theirs = (
        {dataset.id: dataset for dataset in project.datasets}
        for project in (conflict.mine, conflict.theirs.project)
    )
    for dataset in merged.datasets:
        values = conflict.theirs.loaded.arrays.get(map_key(dataset.id))
        own, other = mine.get(dataset.id), theirs.get(dataset.id)
        if values is None or other is None or _way(other) != _way(dataset):
            continue
        if own is None or _way(own) != _way(other):
            session.store.put(dataset.id, values)


def _way(dataset: Dataset) -> tuple[object, object]:
    """Return how a map was computed."""
    return dataset.recipe, dataset.derived
