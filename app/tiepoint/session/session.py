"""The session: one project, its data and everything that can be done with them, headless."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tiepoint.data.store import DatasetStore
from tiepoint.model.project import Project
from tiepoint.model.registration import LandmarkPair, Model, Registration
from tiepoint.project import edits, lookup
from tiepoint.project.document import Document
from tiepoint.project.past import NO_PAST
from tiepoint.session import adding
from tiepoint.session.certainty import with_certainty
from tiepoint.session.choosing import Choosing
from tiepoint.session.contrast import Contrast
from tiepoint.session.copying import Copying
from tiepoint.session.drawing import Drawing
from tiepoint.session.finding import Finding
from tiepoint.session.finding_drift import FindingDrift
from tiepoint.session.finding_pairs import FindingPairs
from tiepoint.session.keeping import KeepingChanges
from tiepoint.session.label_shares import LabelShares
from tiepoint.session.linking import Linking
from tiepoint.session.locating import Locating
from tiepoint.session.machines import Machines
from tiepoint.session.marking import Marking
from tiepoint.session.monitoring import Monitoring
from tiepoint.session.opening import read_project
from tiepoint.session.orienting import Orienting
from tiepoint.session.packing import Packing
from tiepoint.session.patterns import Patterns
from tiepoint.session.pyramids import Pyramids
from tiepoint.session.registering import Registering
from tiepoint.session.saving import Saving
from tiepoint.session.series import Series
from tiepoint.session.spectra import Spectra
from tiepoint.session.staging import Staging
from tiepoint.session.thumbnails import Thumbnails
from tiepoint.support.array_cache import SHARED
from tiepoint.support.errors import TiepointError
from tiepoint.support.memory import cache_bytes
from tiepoint.support.settings import load_settings
from tiepoint.support.tasks import TaskRunner

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tiepoint.model.dataset import Dataset
    from tiepoint.model.region import Region
    from tiepoint.project.file import FileStamp, SaveReport
    from tiepoint.project.history import HistoryEntry
    from tiepoint.project.links import LinkStatus
    from tiepoint.project.past import Past
    from tiepoint.session.opening import Opened
    from tiepoint.support.arrays import AnyArray
    from tiepoint.support.tasks import TaskControl

MAP_KEY = "map/"


class Session:
    """Opens, edits, asks and saves one project.

    Everything that changes the project goes through `document` and can be undone. Methods that
    take a dataset accept its id or its name.

    Parameters
    ----------
    project
        The project to begin with; empty if not given.
    author
        Recorded with every edit.

    Attributes
    ----------
    document
        Current value, undo, redo, ``changed``.
    store
        The opened data.
    tasks
        Long work in the background.
    path
        The project file, once saved or opened.
    stamp
        What that file was when it was read or written last.
    copy_of
        The project file that this is a recovered copy of.
    in_file
        Computed values as the project file holds them, by key.
    saving, keeping
        The steps of a save; the journal of unsaved changes.
    read_only
        Whether saving must ask for another name.
    notices
        Sentences to tell the person after opening.
    """

    def __init__(
        self,
        project: Project | None = None,
        author: str = "",
        history: Iterable[HistoryEntry] = (),
        past: Past = NO_PAST,
    ) -> None:
        self.document = Document(project or Project(), author, history, past)
        self.store = DatasetStore()
        self.tasks = TaskRunner()
        self.path: Path | None = None
        self.stamp: FileStamp | None = None
        self.copy_of: Path | None = None
        self.in_file: dict[str, AnyArray] = {}
        self.read_only = False
        self.notices: tuple[str, ...] = ()
        self.saving = Saving(self)
        self.keeping = KeepingChanges(self)
        self.linking = Linking(self)
        self.thumbnails = Thumbnails(self)
        self.packing = Packing(self)
        self.locating = Locating(self)
        self.drawing = Drawing(self)
        self.label_shares = LabelShares(self)
        self.orienting = Orienting(self)
        self.marking = Marking(self)
        self.finding = Finding(self)
        self.finding_pairs = FindingPairs(self)
        self.finding_drift = FindingDrift(self)
        self.choosing = Choosing(self)
        self.registering = Registering(self)
        self.monitoring = Monitoring(self)
        self.spectra = Spectra(self)
        self.patterns = Patterns(self)
        self.staging = Staging(self)
        self.series = Series(self)
        self.copying = Copying(self)
        self.pyramids = Pyramids(self)
        self.contrast = Contrast(self)
        self.machines = Machines(self)
        SHARED.use(cache_bytes(load_settings().cache_limit_gb))

    @property
    def project(self) -> Project:
        """The current value of the project."""
        return self.document.project

    # -- file ----------------------------------------------------------------------------

    @classmethod
    def open(cls, path: Path | str, author: str = "") -> Session:
        """Open a project file.

        Raises
        ------
        TiepointError
            If it is not a project file, or is damaged.
        """
        return cls.of(read_project(path), author)

    @classmethod
    def of(cls, opened: Opened, author: str = "") -> Session:
        """Return a session on a project that was read before, by any thread."""
        loaded = opened.loaded
        session = cls(opened.project, author, loaded.history, opened.past)
        session.path, session.stamp = opened.path, loaded.stamp
        session.read_only = loaded.read_only
        session.notices = opened.notices
        session.adopt(loaded.arrays, opened.links)
        return session

    def adopt(self, arrays: Mapping[str, AnyArray], links: dict[str, LinkStatus]) -> None:
        """Take over what a project's file holds beside its document, and where its data are."""
        self.linking.adopt(links)
        self.packing.adopt(arrays)
        self.thumbnails.adopt(arrays)
        for key, values in arrays.items():
            if key.startswith(MAP_KEY):
                self.store.put(key.removeprefix(MAP_KEY), values)
        self.in_file = self.computed_of(self.project)

    def save(self, path: Path | str | None = None) -> SaveReport:
        """Save the project; the old file stays whole until the new one is verified.

        Parameters
        ----------
        path
            Where to; ``None``: where it was opened from or saved last.

        Raises
        ------
        TiepointError
            If there is no path yet, or it cannot be written; nothing is lost then.
        """
        snapshot = self.saving.snapshot(path)
        report = self.saving.write(snapshot)
        self.saving.note(snapshot, report)
        return report

    @property
    def title(self) -> str:
        """The project's name as the person knows it: that of its file where it has one."""
        if self.path is not None:
            return self.path.stem
        return f"{self.copy_of.stem} recovered" if self.copy_of else self.project.name

    def suggested_path(self) -> Path:
        """Return where a first save would go: for a recovered copy beside its original."""
        if self.path is not None:
            return self.path
        if self.copy_of is not None:
            from tiepoint.project.recovery import free_copy_name

            return free_copy_name(self.copy_of)
        name = "".join(c if c.isalnum() or c in " -_." else "-" for c in self.project.name)
        return Path.home() / f"{name}.tiepoint"

    def missing_maps(self) -> list[Dataset]:
        """Return the maps whose values are not at hand; `recompute` gives them."""
        return [d for d in self.project.datasets if d.recipe and not self.store.has(d)]

    def recompute(self, dataset: Dataset, control: TaskControl | None = None) -> AnyArray:
        """Return the values of a map from its recipe; may run on any thread."""
        import numpy as np

        if dataset.recipe is None:
            raise TiepointError(f"{dataset.name} is not computed from another dataset.")
        return np.asarray(self.spectra.compute(dataset.recipe, control).values)

    def arrays_of(self, project: Project) -> dict[str, AnyArray]:
        """Return what is kept in a project's file: computed maps, thumbnails, packed data files."""
        kept = {**self.thumbnails.of(project), **self.packing.of(project)}
        return {**self.computed_of(project), **kept}

    def unsaved_arrays(self) -> dict[str, AnyArray]:
        """Return the computed values that no file holds yet, by key."""
        found = self.computed_of(self.project)
        return {k: v for k, v in found.items() if self.in_file.get(k) is not v}

    def computed_of(self, project: Project) -> dict[str, AnyArray]:
        """Return the computed values of a project's maps, by key."""
        ids = {dataset.id for dataset in project.datasets if dataset.recipe or dataset.derived}
        computed = self.store.computed()
        return {f"{MAP_KEY}{key}": values for key, values in computed.items() if key in ids}

    def use_settings(self) -> None:
        """Take over settings of the program that were changed: copies, memory, where work runs."""
        settings = load_settings()
        self.copying.use(settings.copies_limit_gb)
        SHARED.use(cache_bytes(settings.cache_limit_gb))
        self.machines.use(settings.scheduler)

    def close(self) -> None:
        """End all background work; what was not saved is given up."""
        self.keeping.end()
        self.tasks.shutdown()

    # -- datasets ------------------------------------------------------------------------

    def dataset(self, id_or_name: str) -> Dataset:
        """Return a dataset.

        Raises
        ------
        TiepointError
            If there is none of this name, or several.
        """
        preview = self.spectra.previews.get(id_or_name)
        return preview or lookup.dataset(self.project, id_or_name)

    def add_files(
        self, paths: Iterable[Path | str], answers: Mapping[str, str] | None = None
    ) -> list[Dataset]:
        """Add every dataset of some files; one undo step.

        Parameters
        ----------
        paths
            The files.
        answers
            What a person said that the files do not.

        Returns
        -------
        list of Dataset
            As they are in the project now (names made unique).

        Raises
        ------
        TiepointError
            If a file cannot be opened; then nothing is added.
        """
        files = [Path(path) for path in paths]
        found = [dataset for file in files for dataset in self.datasets_in(file, answers)]
        return self.add_datasets(found, label=_adding(files))

    def datasets_in(
        self, path: Path | str, answers: Mapping[str, str] | None = None
    ) -> list[Dataset]:
        """Return what a file holds, without adding it; may run in a background thread.

        `answers` are what a person said that the file does not; see `MissingAnswer`.
        """
        datasets = adding.datasets_in(Path(path), answers)
        first = adding.shown_first(datasets)
        return [
            d.replace(display=d.display.replace(visible=True)) if d is first else d
            for d in datasets
        ]

    def add_datasets(
        self, datasets: Sequence[Dataset], label: str = "Add datasets"
    ) -> list[Dataset]:
        """Add datasets found by `datasets_in`; one undo step."""
        if not datasets:
            return []
        self.document.apply(label, edits.add_datasets(datasets))
        ids = {dataset.id for dataset in datasets}
        return [dataset for dataset in self.project.datasets if dataset.id in ids]

    # -- registrations -------------------------------------------------------------------

    def registration(self, registration_id: str) -> Registration:
        """Return a registration by its id."""
        return lookup.registration(self.project, registration_id)

    def registration_between(self, moving: str, fixed: str) -> Registration | None:
        """Return the registration in use between two datasets, in this direction."""
        a, b = self.dataset(moving).id, self.dataset(fixed).id
        found = [r for r in self.project.registrations if (r.moving, r.fixed) == (a, b)]
        return next((r for r in found if r.in_use), None)

    def start_registration(
        self, moving: str, fixed: str, model: Model | None = None
    ) -> Registration:
        """Return the registration between two datasets, making one if there is none.

        Parameters
        ----------
        moving, fixed
            Ids or names.
        model
            ``None``: similarity, or section where an image lies in a volume.
        """
        a, b = self.dataset(moving), self.dataset(fixed)
        found = self.registration_between(a.id, b.id)
        if found is not None:
            return found
        registration = Registration(moving=a.id, fixed=b.id, model=model or default_model(a, b))
        self.document.apply(f"Register {a.name} to {b.name}", edits.add_registration(registration))
        return self.registration(registration.id)

    def add_pairs(self, registration_id: str, pairs: Sequence[LandmarkPair]) -> Registration:
        """Add landmark pairs and refit.

        A pair clicked on a localisation takes over that point's uncertainty.
        """
        words = pairs[0].name if len(pairs) == 1 else f"{len(pairs)} pairs"
        registration = self.registration(registration_id)
        sure = [with_certainty(self, registration, pair) for pair in pairs]
        self.document.apply(f"Add {words}", edits.add_pairs(registration_id, sure))
        return self.registration(registration_id)

    def import_pairs(self, registration_id: str, path: Path) -> int:
        """Add the pairs of a file (Tiepoint or BigWarp CSV, eC-CLEM …) to a registration.

        Returns
        -------
        int
            How many were added.

        Raises
        ------
        TiepointError
            If the file is not understood or does not fit the two datasets.
        """
        from tiepoint.registration.exchange import read_pairs

        table = read_pairs(path)
        self.add_pairs(registration_id, table.pairs)
        return len(table.pairs)

    def export_pairs(self, registration_id: str, path: Path) -> None:
        """Write the pairs of a registration as Tiepoint's own CSV."""
        from tiepoint.registration.exchange import write_own

        write_own(path, self.registration(registration_id).pairs)

    # -- regions -------------------------------------------------------------------------

    def add_region(self, region: Region) -> Region:
        """Add a region; its name is made unique."""
        self.document.apply(f"Draw {region.name}", edits.add_region(region))
        return next(r for r in self.project.regions if r.id == region.id)


def default_model(moving: Dataset, fixed: Dataset) -> Model:
    """Return the model to begin with: what the dimensions ask for."""
    dimensions = (moving.ndim_space, fixed.ndim_space)
    if dimensions == (2, 3):
        return "section"
    if dimensions == (3, 2):
        return "projection"
    return "similarity"


def _adding(paths: Sequence[Path]) -> str:
    return f"Add {paths[0].name}" if len(paths) == 1 else f"Add {len(paths)} files"
