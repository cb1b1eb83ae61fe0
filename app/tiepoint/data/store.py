"""The opened data behind a project's datasets: found by link, kept while in use."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.data.contrast import contrast_limits
from tiepoint.data.copies.folder import fingerprint
from tiepoint.data.copies.serving import serve
from tiepoint.data.draft import Level
from tiepoint.data.opening import open_file
from tiepoint.data.pyramids.cached import find_levels, levels_name
from tiepoint.geometry.chunk_cache import ChunkCache
from tiepoint.support.array_cache import SHARED
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiepoint.data.copies.folder import CopyFolder
    from tiepoint.data.draft import DatasetDraft
    from tiepoint.data.lazy import ArrayLike
    from tiepoint.data.pyramids.cached import CachedLevels
    from tiepoint.model.dataset import Dataset
    from tiepoint.support.arrays import AnyArray


@dataclass
class DatasetStore:
    """Gives the values of datasets; opens each file once.

    Attributes
    ----------
    chunks
        The chunks of files that were drawn last.
    shrunk
        Volumes averaged down to be drawn whole.
    guard
        Asked before a file is opened: why it must not be, in a sentence; empty if it may.
    copies
        Where local copies of spectrum images and levels of volumes lie; ``None``: none are used.
    """

    chunks: ChunkCache = field(default_factory=lambda: ChunkCache(SHARED))
    guard: Callable[[Dataset], str] | None = None
    copies: CopyFolder | None = None
    shrunk: dict[tuple[object, ...], tuple[AnyArray, Level, str]] = field(default_factory=dict)
    _files: dict[tuple[object, ...], dict[str, DatasetDraft]] = field(default_factory=dict)
    _computed: dict[str, AnyArray] = field(default_factory=dict)
    _limits: dict[str, tuple[float, float]] = field(default_factory=dict)
    _generations: dict[str, int] = field(default_factory=dict)
    _served: dict[str, ArrayLike] = field(default_factory=dict)
    _levels: dict[str, CachedLevels] = field(default_factory=dict)
    _lock: RLock = field(default_factory=RLock)

    def draft(self, dataset: Dataset) -> DatasetDraft:
        """Return what the file holds for `dataset`.

        Raises
        ------
        TiepointError
            If the file is missing, unreadable or no longer holds it.
        """
        link = dataset.link
        if link is None:
            raise TiepointError(f"{dataset.name} is computed and has no file.")
        if self.guard is not None and (why_not := self.guard(dataset)):
            raise TiepointError(why_not)
        with self._lock:
            address = (link.path, link.reader, tuple(sorted(link.answers.items())))
            if address not in self._files:
                _, drafts = open_file(Path(link.path), link.reader, link.answers)
                self._files[address] = {draft.key: draft for draft in drafts}
            try:
                return self._files[address][link.inner]
            except KeyError:
                raise TiepointError(
                    f"{Path(link.path).name} no longer holds {dataset.name}: was it replaced?"
                ) from None

    def array(self, dataset: Dataset) -> ArrayLike:
        """Return the values at full resolution, lazily where they come from a file.

        Of a spectrum image with a local copy, the copy: the same values, read faster.
        """
        computed = self._computed.get(dataset.id)
        if computed is not None:
            return computed
        original = self.draft(dataset).array
        copy = self._copy(dataset, original)
        return original if copy is None else copy

    def _copy(self, dataset: Dataset, original: ArrayLike) -> ArrayLike | None:
        """Return the local copy of what the file holds now, opened once."""
        if self.copies is None or dataset.kind != "spectrum image" or dataset.link is None:
            return None
        name = fingerprint(dataset.link)
        if name is None:
            return None
        with self._lock:
            if not self.copies.has(name):
                self._served.pop(name, None)
                return None
            if name not in self._served:
                copy = serve(self.copies, name, original)
                if copy is None:
                    return None
                self._served[name] = copy
            return self._served[name]

    def forget_copies(self) -> None:
        """Close all local copies; what is read next looks for them anew."""
        with self._lock:
            self._served.clear()
            self._levels.clear()

    def original(self, dataset: Dataset) -> ArrayLike:
        """Return the values as the file gives them, whether or not there is a copy.

        Raises
        ------
        TiepointError
            If the file is missing, unreadable or no longer holds it.
        """
        return self.draft(dataset).array

    def levels(self, dataset: Dataset) -> tuple[Level, ...]:
        """Return all resolutions, finest first."""
        array = self.array(dataset)
        full = Level(array, (1.0,) * array.ndim, (0.0,) * array.ndim)
        if dataset.id in self._computed:
            return (full,)
        return (full, *(self.draft(dataset).levels or self.cached_levels(dataset)))

    def cached_levels(self, dataset: Dataset) -> tuple[Level, ...]:
        """Return the coarser levels that were made on this computer; none if there are none."""
        name = levels_name(dataset.link) if dataset.link is not None else None
        if self.copies is None or name is None or dataset.kind == "spectrum image":
            return ()
        with self._lock:
            known = self._levels.get(name)
            if known is not None and known.damaged:
                self.copies.remove(name)
            if known is None or not self.copies.has(name):
                self._levels.pop(name, None)
                known = find_levels(self.copies, name, self.draft(dataset))
                if known is None:
                    return ()
                self._levels[name] = known
            return known.levels

    def limits(
        self,
        dataset: Dataset,
        picture: ArrayLike,
        rule: Callable[[AnyArray], tuple[float, float]] | None = None,
    ) -> tuple[float, float]:
        """Return the dataset's display limits, from its picture by a rule if not set.

        Without a rule a sample of the picture is taken; see `contrast_limits`.
        """
        if dataset.display.limits is not None:
            return dataset.display.limits
        known = self._limits.get(dataset.id)
        if known is None:
            found = rule(np.asarray(picture)) if rule else contrast_limits(picture)
            known = self._limits.setdefault(dataset.id, found)
        return known

    def limits_generation(self, dataset: Dataset) -> int:
        """Return a number that changes whenever a dataset's values are other ones."""
        with self._lock:
            return self._generations.get(dataset.id, 0)

    def refine_limits(self, dataset: Dataset, limits: tuple[float, float], generation: int) -> bool:
        """Take better display limits than those of the sample, if they are still of these values.

        Parameters
        ----------
        dataset
            Whose; limits that the project holds stay what they are and go first.
        limits
            Low and high.
        generation
            What `limits_generation` was when they were looked for.

        Returns
        -------
        bool
            Whether they were taken.
        """
        with self._lock:
            if generation != self._generations.get(dataset.id, 0):
                return False
            self._limits[dataset.id] = limits
            return True

    def _forget_limits(self, dataset_id: str) -> None:
        self._limits.pop(dataset_id, None)
        self._generations[dataset_id] = self._generations.get(dataset_id, 0) + 1

    def known_limits(self, dataset: Dataset) -> tuple[float, float] | None:
        """Return display limits without reading anything; ``None`` if they are not known yet."""
        return dataset.display.limits or self._limits.get(dataset.id)

    def put(self, dataset_id: str, values: AnyArray) -> None:
        """Keep computed values (a map) for a dataset without a file."""
        with self._lock:
            self._computed[dataset_id] = values
            self._forget_limits(dataset_id)

    def forget(self, dataset: Dataset) -> None:
        """Forget what was read of a dataset's file: it holds something else now."""
        with self._lock:
            self._forget_limits(dataset.id)
            if dataset.link is not None:
                file = (dataset.link.path, dataset.link.reader)
                for address in [known for known in self._files if known[:2] == file]:
                    del self._files[address]

    def computed(self) -> dict[str, AnyArray]:
        """Return all computed arrays by dataset id."""
        return dict(self._computed)

    def has(self, dataset: Dataset) -> bool:
        """Whether computed values of `dataset` are at hand."""
        return dataset.id in self._computed
