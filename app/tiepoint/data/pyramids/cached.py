"""Coarser levels of large data that have none, kept among the local copies of this computer.

They are an OME-Zarr image that begins at half resolution: the file itself is its full resolution.
Beside it stands the size of each of its files, written last: what is not whole is never used. A
chunk that turns out damaged is made anew from the next finer level.
"""

from __future__ import annotations

import errno
import json
import logging
import shutil
from dataclasses import dataclass, field
from itertools import pairwise
from math import prod
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.data.copies.folder import fingerprint, folder_bytes
from tiepoint.data.copies.make import LEAVE_FREE_BYTES, NoCopyError
from tiepoint.data.draft import Level
from tiepoint.data.indexing import basic_index, taken
from tiepoint.data.pyramids.halves import can_halve, halve_block
from tiepoint.data.pyramids.ngff import VERSION, Stored, multiscale, stored_axes
from tiepoint.data.pyramids.plan import LevelPlan, plan_levels
from tiepoint.data.pyramids.write import (
    Averaging,
    averaging_of,
    level_array,
    write_group,
    write_levels,
)
from tiepoint.data.views import view
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tiepoint.data.copies.folder import CopyFolder
    from tiepoint.data.draft import DatasetDraft
    from tiepoint.data.lazy import ArrayLike
    from tiepoint.model.dataset import Link
    from tiepoint.support.arrays import AnyArray

    Progress = Callable[[float], None]

log = logging.getLogger(__name__)

WORTH_BYTES = 128 << 20
"""Smaller data are drawn from the file itself without waiting."""
SHARD_BYTES = 4 << 20
READ_BYTES = 128 << 20
"""What is read between two moments in which somebody who looks at the data may go first."""
FILES = "files.json"
SLOWER = "it is drawn from the file itself, more slowly."


def levels_name(link: Link) -> str | None:
    """Return what names the levels of a link's dataset among copies; ``None`` if nothing can."""
    name = fingerprint(link)
    return None if name is None else f"{name}-levels"


def is_worth(draft: DatasetDraft) -> bool:
    """Whether coarser levels would make showing a dataset faster; nothing is read for it."""
    array = draft.array
    if draft.levels or isinstance(array, np.ndarray) or draft.kind == "spectrum image":
        return False
    if prod(array.shape) * array.dtype.itemsize < WORTH_BYTES or not can_halve(array.dtype):
        return False
    try:
        stored_axes(draft, draft.title)
    except TiepointError:
        return False
    return len(_plans(draft)[1]) > 1


def make_levels(
    draft: DatasetDraft,
    folder: CopyFolder,
    name: str,
    title: str,
    progress: Progress | None = None,
    scheduler: str = "",
) -> None:
    """Make the coarser levels of a dataset among the local copies.

    Until they are complete they bear a name under which nobody looks for them; stopped, killed or
    out of room, nothing is left that could be taken for them.

    Parameters
    ----------
    draft
        The dataset.
    folder, name
        Where copies lie, and the name of these: `levels_name`.
    title
        For messages and within the image.
    progress
        Called with the share done, before every read; what it raises stops the work.
    scheduler
        Address of a dask scheduler whose workers see the file and the folder of copies.

    Raises
    ------
    NoCopyError
        In words, if there is no room.
    """
    stored, plans = _plans(draft)
    averaging = averaging_of(draft)
    needed = sum(prod(plan.shape) for plan in plans[1:]) * draft.array.dtype.itemsize
    try:
        part = folder.begin()
        try:
            _require_room(folder, title, needed)

            def tell(share: float) -> None:
                if progress is not None:
                    progress(share)
                _require_room(folder, title, 0, folder_bytes(part))

            image = multiscale(title, stored, plans, averaging, first=1)
            write_group(part, {"ome": {"version": VERSION, "multiscales": [image]}})
            source = view(draft.array, stored.order)
            write_levels(
                part, source, plans, averaging, stored.names, first=1, scheduler=scheduler,
                progress=tell, most_bytes=READ_BYTES,
            )  # fmt: skip
            _write_sizes(part)
            folder.finish(part, name)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
    except OSError as error:
        raise NoCopyError(_why_not(error, folder, title)) from error


@dataclass(frozen=True)
class CachedLevels:
    """Levels that were made, coarser ones after finer ones.

    Attributes
    ----------
    levels
        With their axes as the dataset has them.
    """

    levels: tuple[Level, ...]
    _damage: Event = field(default_factory=Event, compare=False)

    @property
    def damaged(self) -> bool:
        """Whether a chunk turned out not to be what was written."""
        return self._damage.is_set()


def find_levels(folder: CopyFolder, name: str, draft: DatasetDraft) -> CachedLevels | None:
    """Return the levels of this name, ``None`` if there are none that are whole.

    Damaged ones are removed.
    """
    if not folder.has(name):
        return None
    path = folder.use(name)
    if not _is_whole(path):
        folder.remove(name)
        return None
    try:
        stored, plans = _plans(draft)
    except TiepointError:
        return None
    averaging, damage = averaging_of(draft), Event()
    order = tuple(stored.order.index(at) for at in range(len(stored.order)))
    finer: ArrayLike = view(draft.array, stored.order)
    levels = []
    for number, (_above, plan) in enumerate(pairwise(plans), start=1):
        made = level_array(path / str(number), plan, draft.array.dtype)
        level = CachedLevel(made, finer, plan.halved, averaging, damage)
        factors = tuple(float(plan.factors[at]) for at in order)
        origin = tuple(plan.origin[at] for at in order)
        levels.append(Level(view(level, order), factors, origin))
        finer = level
    return CachedLevels(tuple(levels), damage)


@dataclass(frozen=True)
class CachedLevel:
    """One level with the next finer one behind it, axes as stored.

    Attributes
    ----------
    made
        What is read from.
    finer, halved, averaging
        What is read from where it is damaged, and how it is made coarser.
    damage
        Set then: the levels are removed and made anew.
    """

    made: ArrayLike
    finer: ArrayLike = field(repr=False)
    halved: tuple[int, ...]
    averaging: Averaging
    damage: Event = field(compare=False, repr=False)

    @property
    def shape(self) -> tuple[int, ...]:
        """Array shape."""
        return tuple(self.made.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return self.made.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.made.ndim

    @property
    def chunks(self) -> tuple[int, ...] | None:
        """Shape of the pieces that are stored."""
        return getattr(self.made, "chunks", None)

    def __getitem__(self, key: Any) -> AnyArray:
        """Read a part by basic slicing."""
        try:
            return np.asarray(self.made[key])
        except TiepointError as error:
            if not self.damage.is_set():
                log.warning("%s The level is made anew.", error)
                self.damage.set()
            return self._anew(key)

    def _anew(self, key: Any) -> AnyArray:
        index = basic_index(key, self.shape)
        box, inside = [], []
        for at, part in enumerate(index):
            wanted = taken(part)
            low, high = (wanted[0], wanted[-1] + 1) if len(wanted) else (0, 0)
            by = 2 if at in self.halved else 1
            box.append(slice(low * by, min(high * by, self.finer.shape[at])))
            inside.append(0 if isinstance(part, int) else slice(None, None, part.step))
        block = np.asarray(self.finer[tuple(box)])
        if not block.size:
            return block.astype(self.dtype)
        rule, period = self.averaging.rule, self.averaging.period
        return np.asarray(halve_block(block, self.halved, rule, period)[tuple(inside)])


def _plans(draft: DatasetDraft) -> tuple[Stored, list[LevelPlan]]:
    stored = stored_axes(draft, draft.title)
    return stored, plan_levels(stored.axes, draft.array.dtype.itemsize, SHARD_BYTES)


def _write_sizes(part: Path) -> None:
    sizes = {
        file.relative_to(part).as_posix(): file.stat().st_size
        for file in part.rglob("*")
        if file.is_file()
    }
    (part / FILES).write_text(json.dumps(sizes), encoding="utf-8")


def _is_whole(path: Path) -> bool:
    """Whether every file has the size with which it was written."""
    try:
        sizes = json.loads((path / FILES).read_bytes())
        return bool(sizes) and all(
            (path / name).stat().st_size == size for name, size in sizes.items()
        )
    except (OSError, ValueError, AttributeError, TypeError):
        return False


def _require_room(folder: CopyFolder, title: str, more: int, taken_bytes: int = 0) -> None:
    if shutil.disk_usage(folder.path).free < LEAVE_FREE_BYTES + more // 4:
        raise OSError(errno.ENOSPC, "no space left")
    if taken_bytes > folder.limit_bytes:
        raise NoCopyError(
            f"Coarser levels of {title} would take more than the {folder.limit_bytes / 1e9:.3g} GB"
            f" that copies may take; {SLOWER} The limit is in the preferences."
        )


def _why_not(error: OSError, folder: CopyFolder, title: str) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"There is no room in {folder.path} for coarser levels of {title}; {SLOWER}"
            " Free some space there and open the data again."
        )
    reason = error.strerror or type(error).__name__
    return f"Coarser levels of {title} could not be made in {folder.path} ({reason}); {SLOWER}"
