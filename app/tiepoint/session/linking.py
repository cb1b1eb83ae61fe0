"""Where the data files of a project are: missing ones, changed ones, relinking, fingerprints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tiepoint.data.opening import open_file
from tiepoint.model.project import Project
from tiepoint.project import relink
from tiepoint.project.fingerprints import content_hash, content_size
from tiepoint.project.history import now
from tiepoint.project.links import (
    LinkState,
    LinkStatus,
    link_to,
    resolve_links,
    shares_of,
)
from tiepoint.project.progress import silent
from tiepoint.project.relink import Proposal, Verdict, propose
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from tiepoint.model.dataset import Dataset, Link
    from tiepoint.session.session import Session
    from tiepoint.support.tasks import TaskControl

STATE_WORDS = {
    LinkState.MISSING: "file missing",
    LinkState.CHANGED: "file changed",
    LinkState.REFUSED: "file not opened",
}

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Looked:
    """Where unusable files were looked for: the datasets as they were, and as they were found."""

    before: tuple[Dataset, ...]
    found: tuple[Dataset, ...]
    statuses: dict[str, LinkStatus]


@dataclass(frozen=True)
class NewLinks:
    """Links by dataset id: to the same data elsewhere, and to other data that were accepted."""

    moved: dict[str, Link]
    changed: dict[str, Link]


class Linking:
    """What a session knows of its data files.

    Attributes
    ----------
    told
        Sentences about files when the project was opened.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._statuses: dict[Key, LinkStatus] = {}
        self._contents: dict[Key, str] = {}
        self._differing: dict[Key, float] = {}
        self._approved: set[str] = set()
        self.told: frozenset[str] = frozenset()
        session.store.guard = self.problem

    # -- state ---------------------------------------------------------------------------

    def adopt(self, statuses: dict[str, LinkStatus]) -> None:
        """Take over what was found when the project was opened, by dataset id."""
        self.told = frozenset(status.sentence for status in statuses.values())
        self.learn(self._session.project.datasets, statuses)

    def learn(self, datasets: Iterable[Dataset], statuses: dict[str, LinkStatus]) -> None:
        """Take over where the data of datasets are that are about to be added."""
        for dataset in datasets:
            if dataset.link is not None and dataset.id in statuses:
                self._statuses[_key(dataset.link)] = statuses[dataset.id]

    def status(self, dataset: Dataset) -> LinkStatus | None:
        """Return what became of a dataset's file; ``None`` if nothing speaks against it."""
        return self._statuses.get(_key(dataset.link)) if dataset.link is not None else None

    def problem(self, dataset: Dataset) -> str:
        """Return why a dataset's file must not be read; empty if it may."""
        status = self.status(dataset)
        return "" if status is None or status.usable else status.sentence

    def words(self, dataset: Dataset) -> str:
        """Return ``"file missing"`` or the like for the tree; empty if all is well."""
        status = self.status(dataset)
        return "" if status is None or status.usable else STATE_WORDS[status.state]

    def unusable(self) -> list[Dataset]:
        """Return the datasets whose files are missing, changed or not opened."""
        return [d for d in self._session.project.datasets if self.problem(d)]

    def shares(self) -> list[str]:
        """Return the network shares that the project names and nobody has allowed yet."""
        refused = [
            d.link
            for d in self.unusable()
            if d.link is not None and self._statuses[_key(d.link)].state is LinkState.REFUSED
        ]
        return sorted({share for link in refused for share in shares_of(link)} - self._approved)

    def approve(self, shares: Iterable[str]) -> None:
        """Allow network shares to be touched, for this session; `look` does it."""
        self._approved.update(shares)

    def look_again(self) -> list[Dataset]:
        """Look for the files again (a drive may be back); return what is still unusable."""
        self.take(self.look())
        return self.unusable()

    def look(self, control: TaskControl | None = None) -> Looked:
        """Look where unusable files are now; nothing is changed; may run on any thread."""
        path = self._session.path
        if path is None:
            return Looked((), (), {})
        unusable = tuple(d for d in self.unusable() if not self._still_differs(d))
        progress = control.progress if control is not None else silent
        bare = Project(datasets=unusable)
        found, statuses = resolve_links(bare, path.parent, self._approved, progress)
        return Looked(unusable, found.datasets, statuses)

    def take(self, looked: Looked) -> None:
        """Take over where files were found; one undo step if any was found elsewhere."""
        present = {dataset.id: dataset.link for dataset in self._session.project.datasets}
        links = {}
        for old, new in zip(looked.before, looked.found, strict=True):
            assert new.link is not None
            if present.get(old.id) != old.link:
                continue  # relinked or removed meanwhile
            self._statuses[_key(new.link)] = looked.statuses[old.id]
            if new.link != old.link:
                links[old.id] = new.link
        if links:
            self._session.document.apply("Find data files again", relink.relink(links))

    # -- relinking -----------------------------------------------------------------------

    def search(
        self,
        folder: Path,
        control: TaskControl | None = None,
        ids: Collection[str] | None = None,
    ) -> list[Proposal]:
        """Look for files below a folder; nothing is changed.

        Parameters
        ----------
        ids
            Datasets to look for; ``None``: all whose files are missing, changed or not opened.

        Raises
        ------
        TiepointError
            If the folder is none.
        """
        if not folder.is_dir():
            raise TiepointError(f"{folder} is not a folder.")
        wanted = (
            self.unusable()
            if ids is None
            else [d for d in self._session.project.datasets if d.id in ids]
        )
        return propose(wanted, folder, control.progress if control else None)

    def standing(self) -> list[Proposal]:
        """Return what is known of unusable files before any folder was searched."""
        found = []
        for dataset in self.unusable():
            status = self.status(dataset)
            assert status is not None
            assert dataset.link is not None
            changed = status.state is LinkState.CHANGED
            words = {
                LinkState.CHANGED: "other content in its old place",
                LinkState.REFUSED: "its place was not looked at",
            }.get(status.state, "not in its old place")
            found.append(
                Proposal(
                    dataset.id,
                    dataset.name,
                    dataset.link.path,
                    status.path if changed else None,
                    Verdict.CHANGED if changed else Verdict.MISSING,
                    words,
                )
            )
        return found

    def apply(self, proposals: Iterable[Proposal], accept: Collection[str] = ()) -> int:
        """Relink datasets as proposed; one undo step.

        Parameters
        ----------
        accept
            Ids of datasets whose *changed* data a person has accepted: the registrations on them
            become stale.

        Returns
        -------
        int
            How many datasets were relinked.

        Raises
        ------
        TiepointError
            If accepted data have another shape; nothing is changed then.
        """
        return self.take_links(self.links_for(proposals, accept))

    def links_for(
        self,
        proposals: Iterable[Proposal],
        accept: Collection[str] = (),
        control: TaskControl | None = None,
    ) -> NewLinks:
        """Open what `apply` would relink; nothing is changed; may run on any thread."""
        found = [p for p in proposals if p.new is not None]
        moved, changed = {}, {}
        for number, proposal in enumerate(found):
            if control is not None:
                control.progress(number / len(found), f"Opening {proposal.name}")
            if proposal.verdict is Verdict.SAME:
                moved[proposal.dataset] = self._moved(proposal)
            elif proposal.verdict is Verdict.CHANGED and proposal.dataset in accept:
                changed[proposal.dataset] = self._changed(proposal)
        return NewLinks(moved, changed)

    def take_links(self, new: NewLinks) -> int:
        """Take over opened links, as `apply` does."""
        moved, changed = new.moved, new.changed
        if not moved and not changed:
            return 0
        for link in (*moved.values(), *changed.values()):
            self._statuses[_key(link)] = LinkStatus(LinkState.FOUND, Path(link.path))
        for dataset_id in changed:
            self._session.store.forget(self._session.dataset(dataset_id))
            self._session.thumbnails.forget(dataset_id)
        names = ", ".join(self._session.dataset(key).name for key in changed)
        why = f"the data of {names} were replaced by other data on {now()[:10]}"

        def edit(project: Project) -> Project:
            project = relink.relink(moved)(project)
            return relink.accept_changed(changed, why)(project) if changed else project

        total = len(moved) + len(changed)
        words = f"Relink {total} dataset{'' if total == 1 else 's'}"
        self._session.document.apply(words, edit)
        return total

    def accept_where_it_is(self, dataset_id: str) -> int:
        """Accept the changed content of a file in its place."""
        dataset = self._session.dataset(dataset_id)
        status = self.status(dataset)
        if status is None or status.state is not LinkState.CHANGED or dataset.link is None:
            return 0
        proposal = Proposal(
            dataset.id, dataset.name, dataset.link.path, status.path, Verdict.CHANGED, ""
        )
        return self.apply([proposal], {dataset_id})

    def confirm(self, registration_id: str) -> None:
        """Note that a person has looked at a stale registration again."""
        self._session.document.apply("Confirm registration", relink.confirm(registration_id))

    def _moved(self, proposal: Proposal) -> Link:
        link = self._session.dataset(proposal.dataset).link
        assert link is not None
        assert proposal.new is not None
        try:
            facts = proposal.new.stat()
        except OSError as error:
            raise TiepointError(f"{proposal.new} cannot be read: {error.strerror}.") from error
        return link.replace(path=str(proposal.new), relative=None, mtime=facts.st_mtime)

    def _changed(self, proposal: Proposal) -> Link:
        dataset = self._session.dataset(proposal.dataset)
        assert dataset.link is not None
        assert proposal.new is not None
        link = dataset.link
        _, drafts = open_file(proposal.new, link.reader, link.answers)
        draft = next((d for d in drafts if d.key == dataset.link.inner), None)
        if draft is None:
            raise TiepointError(f"{proposal.new.name} does not hold {dataset.name}.")
        if tuple(draft.array.shape) != dataset.shape:
            raise TiepointError(
                f"{proposal.new.name} holds {_times(draft.array.shape)} values instead of "
                f"{_times(dataset.shape)}: it cannot take the place of {dataset.name}. Add it as a "
                "dataset of its own."
            )
        new = link_to(proposal.new, link.inner, link.reader)
        return new.replace(answers=link.answers)

    # -- fingerprints --------------------------------------------------------------------

    def unread(self, *, everything: bool = False) -> list[Dataset]:
        """Return datasets whose files have not been read byte by byte yet, or were touched since.

        One per file. `everything`: the others as well.
        """
        files: dict[str, Dataset] = {}
        for dataset in self._session.project.datasets:
            link = dataset.link
            if link is None or self.problem(dataset):
                continue
            known = _key(link) in self._contents
            if everything or (not known and (link.content_hash is None or _touched(link))):
                files.setdefault(link.path, dataset)
        return list(files.values())

    def read_all(
        self, control: TaskControl | None = None, *, everything: bool = False
    ) -> list[str]:
        """Read every byte of the files that were not read yet; may run in the background.

        The hashes go into the project file with the next save.

        Returns
        -------
        list of str
            Sentences about files whose content is not what the project recorded.
        """
        waiting = self.unread(everything=everything)
        total = max(1, sum(_size(d) for d in waiting))
        done = 0

        def read(count: int) -> None:
            nonlocal done
            done += count
            if control is not None:
                control.progress(min(done / total, 1.0))

        return [s for dataset in waiting if (s := self._read(dataset, read))]

    def _read(self, dataset: Dataset, read: Callable[[int], None]) -> str:
        link = dataset.link
        assert link is not None
        try:
            found = content_hash(Path(link.path), read)
        except OSError:
            return ""
        self._contents[_key(link)] = found
        if link.content_hash in (None, found):
            return ""
        sentence = (
            f"The data of {dataset.name!r} have changed since the project was saved: {link.path} "
            "has other bytes than it had."
        )
        self._statuses[_key(link)] = LinkStatus(LinkState.CHANGED, Path(link.path), sentence)
        self._differing[_key(link)] = _written(link)
        return sentence

    def _still_differs(self, dataset: Dataset) -> bool:
        """Whether a file whose bytes were found to differ was not written since."""
        link = dataset.link
        if link is None or _key(link) not in self._differing:
            return False
        if self._differing[_key(link)] == _written(link):
            return True
        del self._differing[_key(link)]
        self._contents.pop(_key(link), None)
        return False

    def with_contents(self, project: Project) -> Project:
        """Return a project with the hashes that were computed meanwhile, for saving."""
        return project.replace(datasets=tuple(self._with_content(d) for d in project.datasets))

    def _with_content(self, dataset: Dataset) -> Dataset:
        link = dataset.link
        known = self._contents.get(_key(link)) if link is not None else None
        if link is None or known is None or link.content_hash is not None:
            return dataset
        return dataset.replace(link=link.replace(content_hash=known))


def _key(link: Link) -> Key:
    return link.path, link.fast_hash, link.content_hash or ""


def _touched(link: Link) -> bool:
    return _written(link) not in (0.0, link.mtime)


def _written(link: Link) -> float:
    """Return when a file was written last; 0 if it is not there."""
    try:
        return Path(link.path).stat().st_mtime
    except OSError:
        return 0.0


def _size(dataset: Dataset) -> int:
    assert dataset.link is not None
    try:
        return content_size(Path(dataset.link.path))
    except OSError:
        return 0


def _times(shape: Iterable[int]) -> str:
    return " × ".join(map(str, shape))
