"""Display limits from all values instead of a sample, found in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiepoint.data.contrast import is_sampled, refined_limits
from tiepoint.patterns.axes import is_scanned
from tiepoint.session.drawing import is_computed
from tiepoint.support.errors import TiepointError
from tiepoint.support.tasks import TaskControl

if TYPE_CHECKING:
    from tiepoint.data.lazy import ArrayLike
    from tiepoint.model.dataset import Dataset
    from tiepoint.session.session import Session

_OF_THEIR_OWN = ("points", "labels", "spectrum image")
"""Kinds whose limits do not come from a sample of the file."""


class Contrast:
    """Refines what a session shows of large data; limits that a person set stay.

    Nothing of it is an edit: the project does not hold limits that were found.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def wanted(self, dataset: Dataset) -> bool:
        """Whether a dataset is shown with the limits of a sample."""
        if dataset.display.limits is not None or dataset.rgb or dataset.recipe is not None:
            return False
        if dataset.link is None or dataset.kind in _OF_THEIR_OWN:
            return False
        if is_computed(dataset) or is_scanned(dataset) or self._session.linking.problem(dataset):
            return False
        try:
            return is_sampled(self._picture(dataset))
        except TiepointError:  # told where it is shown
            return False

    def refine(self, dataset: Dataset, control: TaskControl | None = None) -> bool:
        """Find limits from all of a dataset; somebody who looks at something new goes first.

        Returns
        -------
        bool
            Whether they are shown from now on: not where the file was replaced meanwhile.

        Raises
        ------
        TiepointError
            If the file cannot be read.
        """
        task = control or TaskControl()

        def progress(share: float) -> None:
            task.check()
            task.progress(share)
            self._session.drawing.courtesy.give_way(task)

        store = self._session.store
        generation = store.limits_generation(dataset)
        found = refined_limits(self._picture(dataset), progress)
        task.check()
        return store.refine_limits(dataset, found, generation)

    def _picture(self, dataset: Dataset) -> ArrayLike:
        """Return what the limits of the sample were taken from."""
        return self._session.drawing.levels(dataset)[-1].array
