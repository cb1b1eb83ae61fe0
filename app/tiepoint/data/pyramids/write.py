"""Writing the levels of a pyramid, a box of whole files at a time, here or on other machines.

Every box is read from the source or the next finer level, halved and stored by one function, in one
form wherever it runs: the files are the same, bit for bit. A box that is done twice, since its
worker died, is written over by its equal.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.data.copies.slabs import boxes, slab_shape
from tiepoint.data.pyramids.halves import halve_block
from tiepoint.data.shard_writing import ShardForm
from tiepoint.data.zarr_chunks import ZarrArray, chunk_files
from tiepoint.support.compute import run_parts
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tiepoint.data.draft import DatasetDraft
    from tiepoint.data.lazy import ArrayLike
    from tiepoint.data.pyramids.halves import Rule
    from tiepoint.data.pyramids.plan import LevelPlan
    from tiepoint.support.arrays import AnyArray

    Progress = Callable[[float], None]

COMPRESSION_LEVEL = 5
COMPRESSION = {"cname": "lz4", "clevel": COMPRESSION_LEVEL, "shuffle": "shuffle"}
"""Fast to unpack under a dragged section; see docs/decisions/local-copies.md for the figures."""

Box = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Averaging:
    """How values are made coarser: the rule, and after how much they repeat."""

    rule: Rule = "mean"
    period: float | None = None


def averaging_of(draft: DatasetDraft) -> Averaging:
    """Return how a dataset's values are made coarser: labels are never mixed."""
    if draft.kind == "labels" or draft.legend or draft.array.dtype.kind == "b":
        return Averaging("mode")
    if draft.quantity.period and draft.array.dtype.kind in "iu":
        return Averaging("mode")
    return Averaging("mean", draft.quantity.period)


@dataclass(frozen=True)
class Piece:
    """A box of one level: whole files of it.

    Attributes
    ----------
    source
        The next finer level, or the data themselves.
    halved
        Axes along which the level is half as long as its source.
    averaging
        How.
    target
        Folder of the level's array.
    box
        Half-open index ranges within the level.
    form
        How the level is divided and packed.
    """

    source: ArrayLike
    halved: tuple[int, ...]
    averaging: Averaging
    target: str
    box: Box
    form: ShardForm


def write_levels(
    folder: Path,
    source: ArrayLike,
    plans: Sequence[LevelPlan],
    averaging: Averaging,
    names: Sequence[str],
    *,
    first: int = 0,
    scheduler: str = "",
    progress: Progress | None = None,
    most_bytes: int | None = None,
) -> None:
    """Write the levels of a pyramid as Zarr arrays named by their number.

    Parameters
    ----------
    folder
        Of the image; level ``k`` goes to ``folder/k``. The workers of a scheduler must see it
        under the same path.
    source
        Full resolution, axes as stored.
    plans
        All levels, the full resolution first.
    averaging
        How values are made coarser.
    names
        Of the axes.
    first
        First level to write: 0 copies the values, 1 leaves them where they are.
    scheduler
        Address of a dask scheduler; empty: this computer, one box at a time.
    progress
        Called with the share done; what it raises stops the work.
    most_bytes
        Most that one box reads of its source; by default what copies of spectrum images read.

    Raises
    ------
    TiepointError
        If the source cannot be read, or the scheduler's workers write somewhere else.
    OSError
        If the disk refuses.
    """
    costs = [prod(plans[max(k - 1, 0)].shape) for k in range(len(plans))]
    total, done = sum(costs[first:]) or 1, 0
    finer = source
    for number in range(first, len(plans)):
        plan, target = plans[number], folder / str(number)
        create_level(target, plan, source.dtype, names)

        def tell(share: float, done: int = done, cost: int = costs[number]) -> None:
            if progress is not None:
                progress((done + share * cost) / total)

        pieces = list(_pieces(finer, plan, averaging, target, most_bytes))
        run_parts(write_piece, pieces, scheduler, tell)
        require_files(target, plan)
        done += costs[number]
        in_memory = isinstance(source, np.ndarray) and not scheduler
        if number or not in_memory:  # the full resolution is read back only from elsewhere
            finer = level_array(target, plan, source.dtype)


def create_level(target: Path, plan: LevelPlan, dtype: np.dtype[Any], names: Sequence[str]) -> None:
    """Describe the array of a level; its values follow."""
    import zarr
    from zarr.codecs import BloscCodec, Crc32cCodec

    zarr.create_array(
        store=str(target),
        shape=plan.shape,
        dtype=dtype.newbyteorder("="),
        chunks=plan.chunks,
        shards=plan.shards,
        compressors=(
            BloscCodec(typesize=dtype.itemsize, **COMPRESSION),  # type: ignore[arg-type]
            Crc32cCodec(),
        ),
        fill_value=0,
        dimension_names=list(names),
        config={"write_empty_chunks": True},
    )


def packed_size(block: AnyArray) -> int:
    """Return how many bytes a chunk takes once it is packed."""
    import imagecodecs

    level = COMPRESSION_LEVEL
    return len(
        imagecodecs.blosc_encode(
            block.tobytes(), level=level, compressor="lz4", shuffle=1, typesize=block.itemsize
        )
    )


def write_piece(piece: Piece) -> None:
    """Read, halve and store one box; overwrites what a lost worker left of it."""
    grown = [2 if axis in piece.halved else 1 for axis in range(len(piece.box))]
    key = tuple(
        slice(start * by, min(stop * by, size))
        for (start, stop), by, size in zip(piece.box, grown, piece.source.shape, strict=True)
    )
    block = np.asarray(piece.source[key])
    if piece.halved:
        block = halve_block(block, piece.halved, piece.averaging.rule, piece.averaging.period)
    piece.form.write(Path(piece.target), block, [start for start, _ in piece.box])


def _pieces(
    source: ArrayLike, plan: LevelPlan, averaging: Averaging, target: Path, most_bytes: int | None
) -> Iterator[Piece]:
    grown = [2 if axis in plan.halved else 1 for axis in range(len(plan.shape))]
    needed = [shard * by for shard, by in zip(plan.shards, grown, strict=True)]
    steps = slab_shape(source, needed, most_bytes)
    own = [-(-step // by) for step, by in zip(steps, grown, strict=True)]
    form = ShardForm(plan.chunks, plan.shards, COMPRESSION_LEVEL)
    for box in boxes(plan.shape, own):
        yield Piece(source, plan.halved, averaging, str(target), box, form)


def require_files(target: Path, plan: LevelPlan) -> None:
    """Check that every file of a level is where it should be.

    Raises
    ------
    TiepointError
        If some are not.
    """
    counts = [-(-n // step) for n, step in zip(plan.shape, plan.shards, strict=True)]
    for place in np.ndindex(*counts):
        if not target.joinpath("c", *map(str, place)).is_file():
            raise TiepointError(
                f"{target} is not complete: the workers of a scheduler must see the folder that is"
                " written to under the same path."
            )


def level_array(target: Path, plan: LevelPlan, dtype: np.dtype[Any]) -> ZarrArray:
    """Return a level that was written, lazily."""
    native, files = dtype.newbyteorder("="), chunk_files(target)
    return ZarrArray(open_level, (str(target),), plan.shape, native, plan.chunks, files)


@contextmanager
def open_level(path: str) -> Iterator[Any]:
    """Open the array of a level for a read."""
    import zarr

    yield zarr.open_array(path, mode="r")


def write_group(folder: Path, attributes: dict[str, Any]) -> None:
    """Write the description of a Zarr group."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"zarr_format": 3, "node_type": "group", "attributes": attributes}
    (folder / "zarr.json").write_text(
        json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8"
    )
