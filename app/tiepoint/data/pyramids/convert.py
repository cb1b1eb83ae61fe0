"""A file of any format as OME-Zarr 0.5 with pyramids, whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.data.naming import dataset_names
from tiepoint.data.opening import open_file
from tiepoint.data.pyramids.ngff import (
    OWN,
    Stored,
    container_attributes,
    image_attributes,
    series_attributes,
    stored_axes,
)
from tiepoint.data.pyramids.plan import LevelPlan, plan_levels
from tiepoint.data.pyramids.write import (
    Averaging,
    averaging_of,
    packed_size,
    write_group,
    write_levels,
)
from tiepoint.data.verbatim import jsonable
from tiepoint.data.views import view
from tiepoint.support.errors import TiepointError
from tiepoint.support.unfinished import remove_abandoned, unfinished

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tiepoint.data.draft import DatasetDraft
    from tiepoint.data.lazy import ArrayLike

    Progress = Callable[[float, str], None]

ENDINGS = (".ome.zarr", ".zarr")
LEAVE_FREE_BYTES = 64 << 20
SAMPLES = 6


@dataclass(frozen=True)
class Job:
    """One dataset to convert."""

    name: str
    draft: DatasetDraft
    stored: Stored
    plans: list[LevelPlan]
    averaging: Averaging

    @property
    def source(self) -> ArrayLike:
        """The values with their axes as they are stored."""
        return view(self.draft.array, self.stored.order)

    @property
    def bytes(self) -> int:
        """All levels, not packed."""
        return sum(prod(plan.shape) for plan in self.plans) * self.draft.array.dtype.itemsize


@dataclass(frozen=True)
class Converted:
    """What was written.

    Attributes
    ----------
    path
        The OME-Zarr folder.
    datasets
        Per dataset: name, group within the folder, and the shape of each level, axes as stored.
    left_out
        (name, why) of what could not be converted.
    """

    path: Path
    datasets: tuple[dict[str, Any], ...]
    left_out: tuple[tuple[str, str], ...]


def convert(
    path: Path,
    out: Path,
    *,
    dataset: str = "",
    answers: Mapping[str, str] | None = None,
    scheduler: str = "",
    progress: Progress | None = None,
) -> Converted:
    """Write the datasets of a file as OME-Zarr 0.5 with pyramids.

    Values, type, axes and units stay as they are; what has no unit gets none. A few boxes of the
    file at a time are in memory. The folder appears under its name once it is complete.

    Parameters
    ----------
    path
        The file.
    out
        The folder to write, ``….ome.zarr``; must not exist.
    dataset
        Name or title of the one to convert; empty: all.
    answers
        What a person said that the file does not.
    scheduler
        Address of a dask scheduler whose workers see both paths; empty: this computer.
    progress
        Called with the share done and words; what it raises stops the work.

    Raises
    ------
    TiepointError
        If nothing in the file can be converted, `out` exists, or the disk has no room.
    """
    target = out.absolute()
    _require_new(target)
    _, drafts = open_file(path.absolute(), answers=answers)
    names = dataset_names(path, [draft.title for draft in drafts])
    jobs, left_out = _jobs(path, list(zip(names, drafts, strict=True)), dataset)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        remove_abandoned(target)
        _require_room(target.parent, jobs)
        with unfinished(target) as part:
            _write(part, jobs, scheduler, progress)
            _require_new(target)
    except OSError as error:
        raise TiepointError(_why_not(target, error)) from error
    datasets = tuple(
        {
            "name": job.name,
            "group": str(number) if len(jobs) > 1 else "",
            "axes": list(job.stored.names),
            "levels": [list(plan.shape) for plan in job.plans],
        }
        for number, job in enumerate(jobs)
    )
    return Converted(target, datasets, tuple(left_out))


def _jobs(
    path: Path, found: list[tuple[str, DatasetDraft]], wanted: str
) -> tuple[list[Job], list[tuple[str, str]]]:
    if wanted:
        chosen = [one for one in found if wanted in (one[0], one[1].title, one[1].key)]
        if not chosen:
            raise TiepointError(
                f"{path.name} holds no dataset {wanted!r}; it holds"
                f" {', '.join(repr(name) for name, _ in found)}."
            )
        found = chosen[:1]
    jobs: list[Job] = []
    left_out: list[tuple[str, str]] = []
    for name, draft in found:
        try:
            stored = stored_axes(draft, name)
        except TiepointError as error:
            left_out.append((name, str(error)))
            continue
        plans = plan_levels(stored.axes, draft.array.dtype.itemsize)
        jobs.append(Job(name, draft, stored, plans, averaging_of(draft)))
    if not jobs:
        raise TiepointError(left_out[0][1])
    return jobs, left_out


def _write(part: Path, jobs: list[Job], scheduler: str, progress: Progress | None) -> None:
    total, done = sum(job.bytes for job in jobs) or 1, 0
    several = len(jobs) > 1
    for number, job in enumerate(jobs):
        folder = part / str(number) if several else part

        def tell(share: float, done: int = done, job: Job = job) -> None:
            if progress is not None:
                progress((done + share * job.bytes) / total, job.name)

        attributes = image_attributes(job.draft, job.name, job.stored, job.plans, job.averaging)
        write_group(folder, attributes)
        write_group(folder / OWN, {"original": _original(job.draft)})
        write_levels(
            folder, job.source, job.plans, job.averaging, job.stored.names,
            scheduler=scheduler, progress=tell,
        )  # fmt: skip
        done += job.bytes
    if several:
        write_group(part, container_attributes())
        write_group(part / "OME", series_attributes(len(jobs)))


def _original(draft: DatasetDraft) -> Any:
    try:
        return jsonable(draft.original())
    except TiepointError as error:  # the values count: say what is missing and why
        return {"not readable": str(error)}


def _require_new(target: Path) -> None:
    if not target.name.lower().endswith(ENDINGS):
        raise TiepointError(f"{target.name} is no name for OME-Zarr: let it end in .ome.zarr.")
    if os.path.lexists(target):
        raise TiepointError(f"{target} exists already: choose another name, or remove it.")


def _require_room(folder: Path, jobs: list[Job]) -> None:
    """Refuse what will not fit, judging by how well a few chunks can be packed.

    Raises
    ------
    TiepointError
        With what is needed and what is free.
    """
    needed = sum(job.bytes * _packed_share(job) for job in jobs) * 1.05
    free = shutil.disk_usage(folder).free
    if needed + LEAVE_FREE_BYTES > free:
        raise TiepointError(
            f"There is no room in {folder}: about {needed / 1e9:.3g} GB are needed and"
            f" {free / 1e9:.3g} GB are free. Free some space, or write to another disk."
        )


def _packed_share(job: Job) -> float:

    source, plan = job.source, job.plans[0]
    packed = plain = 0
    for number in range(SAMPLES):
        share = (number + 0.5) / SAMPLES
        starts = [int(share * max(n - c, 0)) for n, c in zip(plan.shape, plan.chunks, strict=True)]
        box = tuple(slice(at, at + c) for at, c in zip(starts, plan.chunks, strict=True))
        block = np.ascontiguousarray(source[box])
        plain += block.nbytes
        packed += packed_size(block)
        if plain >= prod(plan.shape) * block.dtype.itemsize:
            break
    return min(packed / max(plain, 1), 1.0)


def _why_not(target: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk of {target.parent} is full; nothing was written. Free some space there."
    return f"{target} cannot be written: {error.strerror or error}."
