"""Heavy work of a session on other machines, when a dask scheduler was named."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from tiepoint.support.compute import check_address, run_parts
from tiepoint.support.errors import TiepointError
from tiepoint.support.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tiepoint.data.lazy import ArrayLike
    from tiepoint.data.sampling import Section
    from tiepoint.geometry.grids import Grid
    from tiepoint.geometry.planes import Plane
    from tiepoint.model.dataset import Dataset, MapRecipe
    from tiepoint.model.project import Project
    from tiepoint.session.session import Session
    from tiepoint.spectra.maps import ElementMap
    from tiepoint.support.arrays import AnyArray
    from tiepoint.support.tasks import TaskControl


class Machines:
    """Knows where heavy work runs; the answers are the same, bit for bit.

    Attributes
    ----------
    scheduler
        ``tcp://host:port`` of a dask scheduler whose workers see the data under the same paths;
        empty: this computer. From the preferences, unless set.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.scheduler = load_settings().scheduler

    def use(self, scheduler: str | None) -> None:
        """Work on a scheduler from now on; ``None``: leave it as it is.

        Raises
        ------
        TiepointError
            If this is no address.
        """
        if scheduler is not None:
            self.scheduler = check_address(scheduler)

    def element_map(
        self,
        source: Dataset,
        recipe: MapRecipe,
        local: ArrayLike,
        control: TaskControl | None = None,
    ) -> ElementMap:
        """Return the map of a recipe, computed where heavy work runs.

        Parameters
        ----------
        source
            The spectrum image.
        recipe
            What to map.
        local
            Where its values are read from on this computer.

        Raises
        ------
        TiepointError
            If the source cannot be read, holds no such window, or the scheduler does not answer.
        """
        from tiepoint.spectra.maps import recipe_map

        progress = control.progress if control is not None else None
        if not self.scheduler:
            return recipe_map(local, source.axes, recipe, progress=progress)
        from tiepoint.spectra.spread import spread_sums

        # The file, not the copies of this computer: workers may run on another one.
        values = self._session.store.original(source) if source.link else local
        adder = partial(spread_sums, scheduler=self.scheduler)
        return recipe_map(values, source.axes, recipe, progress=progress, adder=adder)

    def over_patterns(
        self,
        work: Callable[..., AnyArray],
        source: ArrayLike,
        mask: AnyArray,
        control: TaskControl | None = None,
    ) -> AnyArray:
        """Return a virtual image or centres of mass, computed by the scheduler's workers.

        Parameters
        ----------
        work
            `sums.virtual_image` or `sums.centre_of_mass`.
        source
            (y, x, ky, kx) as the file gives it, or values of this computer.
        mask
            (ky, kx) where the detector collects.

        Raises
        ------
        TiepointError
            If the values are no whole numbers, or the scheduler does not answer.
        """
        from tiepoint.patterns.spread import spread

        progress = control.progress if control is not None else None
        return spread(work, source, mask, progress, self.scheduler)

    def sections(
        self,
        datasets: Sequence[Dataset],
        frame: str,
        plane: Plane,
        grid: Grid,
        control: TaskControl | None = None,
    ) -> list[Section | TiepointError]:
        """Draw many datasets in one plane, each by one worker; why not, where it cannot be.

        Parameters
        ----------
        datasets
            What to draw.
        frame
            Id of the dataset in whose coordinates `plane` is given.
        plane, grid
            Where, as in `Drawing.section`.

        Raises
        ------
        TiepointError
            If the scheduler does not answer or loses its workers.
        """
        progress = control.progress if control is not None else None
        if not self.scheduler:
            work = partial(_drawn, self._session, frame=frame, plane=plane, grid=grid)
            return run_parts(work, [one.id for one in datasets], "", progress)
        store = self._session.store
        jobs = [
            _Job(
                self._session.project,
                one.id,
                frame,
                plane,
                grid,
                {one.id: store.computed()[one.id]} if store.has(one) else {},
            )
            for one in datasets
        ]
        return run_parts(_draw_elsewhere, jobs, self.scheduler, progress)


@dataclass(frozen=True, eq=False)
class _Job:
    """A section to draw, with all that another process needs for it."""

    project: Project
    dataset: str
    frame: str
    plane: Plane
    grid: Grid
    computed: dict[str, AnyArray] = field(default_factory=dict)


def _draw_elsewhere(job: _Job) -> Section | TiepointError:
    from tiepoint.session.session import Session

    session = Session(job.project)
    try:
        session.machines.scheduler = ""
        for dataset_id, values in job.computed.items():
            session.store.put(dataset_id, values)
        return _drawn(session, job.dataset, job.frame, job.plane, job.grid)
    finally:
        session.close()


def _drawn(
    session: Session, dataset_id: str, frame: str, plane: Plane, grid: Grid
) -> Section | TiepointError:
    dataset = session.dataset(dataset_id)
    try:
        session.drawing.prepare(dataset)
        return session.drawing.section(dataset, frame, plane, grid)
    except TiepointError as error:
        return error
