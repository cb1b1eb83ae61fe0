"""Drafts of an atom-probe file: the ions, the mass spectrum, and the share of every element."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from tiepoint.sdk import (
    Axis,
    DatasetDraft,
    Metadata,
    PointTable,
    Quantity,
    TiepointError,
    counted_array,
    extent_of,
    grid_over,
    known,
    spatial_axes,
)
from tiepoint_atomprobe.composition import (
    BIN_DA,
    composition_array,
    spectrum_array,
    spectrum_size,
)
from tiepoint_atomprobe.ions import apt_ions, epos_ions, pos_ions
from tiepoint_atomprobe.ranges import ranges_beside, read_ranges

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint.sdk import PointGrid
    from tiepoint_atomprobe.ions import Ions
    from tiepoint_atomprobe.ranges import RangeFile

VOXEL_NM = 1.0
MOST_VOXELS = 1 << 25
FRAME = "reconstruction"
NO_RANGES = (
    "No range file (.rrng, .rng or .env) of this name lies beside it, so the ions have no names:"
    " put it there and add the file anew for maps of composition."
)
SAMPLED = "Its extent is that of a sample: single ions beyond it are not drawn."


def read_pos(path: Path) -> list[DatasetDraft]:
    """Return the datasets of a POS file."""
    return _drafts(path, pos_ions(path))


def read_epos(path: Path) -> list[DatasetDraft]:
    """Return the datasets of an ePOS file."""
    return _drafts(path, epos_ions(path))


def read_apt(path: Path) -> list[DatasetDraft]:
    """Return the datasets of an APT file."""
    return _drafts(path, apt_ions(path))


def refuse_ranges(path: Path) -> NoReturn:
    """Say what a range file is for.

    Raises
    ------
    TiepointError
        Always.
    """
    ranges = read_ranges(path)
    count = len(ranges.ranges)
    raise TiepointError(
        f"{path.name} holds {count} mass range{'' if count == 1 else 's'}"
        f" ({', '.join(ranges.elements[:6])}{' …' if len(ranges.elements) > 6 else ''}), not data:"
        " put it beside the .pos, .epos or .apt file of the same name and add that."
    )


def _drafts(path: Path, ions: Ions) -> list[DatasetDraft]:
    ranges = ranges_beside(path)
    low, high, exact = extent_of(ions.positions)
    grid = grid_over(low, high, VOXEL_NM, MOST_VOXELS)
    metadata = _metadata(ions, ranges, (high - low).tolist())
    warnings = () if exact else (SAMPLED,)
    named = (NO_RANGES,) if ranges is None else ranges.warnings
    drafts = [
        _ions_draft(path, ions, grid, metadata, (*warnings, *named)),
        _spectrum_draft(path, ions, metadata),
    ]
    if ranges is not None:
        drafts += [
            _composition_draft(path, ions, grid, metadata, ranges, element)
            for element in ranges.elements
        ]
    return drafts


def _ions_draft(
    path: Path, ions: Ions, grid: PointGrid, metadata: Metadata, warnings: tuple[str, ...]
) -> DatasetDraft:
    return DatasetDraft(
        title="ions",
        key="ions",
        technique="atom probe",
        kind="points",
        axes=_axes(grid),
        array=counted_array(path, ions.positions, grid),
        frame=FRAME,
        metadata=metadata,
        original=ions.original.copy,
        warnings=warnings,
        quantity=Quantity(name="ions per voxel"),
        points=PointTable(ions.positions, {"mass-to-charge": ions.mass, **ions.columns}),
    )


def _spectrum_draft(path: Path, ions: Ions, metadata: Metadata) -> DatasetDraft:
    size = spectrum_size(ions.mass)
    axis = Axis(
        name="Mass-to-charge", size=size, scale=BIN_DA, offset=BIN_DA / 2, unit="Da", role="energy"
    )
    return DatasetDraft(
        title="mass spectrum",
        key="mass spectrum",
        technique="atom probe",
        kind="spectrum",
        axes=(axis,),
        array=spectrum_array(path, ions.mass, size),
        frame=FRAME,
        metadata=metadata,
        original=ions.original.copy,
        quantity=Quantity(name="ions"),
    )


def _composition_draft(
    path: Path, ions: Ions, grid: PointGrid, metadata: Metadata, ranges: RangeFile, element: str
) -> DatasetDraft:
    return DatasetDraft(
        title=element,
        key=f"composition {element}",
        technique="atom probe",
        kind="volume",
        axes=_axes(grid),
        array=composition_array(path, ions.positions, ions.mass, grid, ranges.ranges, element),
        frame=FRAME,
        metadata=metadata,
        original=ions.original.copy,
        quantity=Quantity(name=f"atomic fraction of {element}"),
    )


def _axes(grid: PointGrid) -> tuple[Axis, ...]:
    return spatial_axes(("z", "y", "x"), grid.shape, (grid.step,) * 3, "nm", grid.origin)


def _metadata(ions: Ions, ranges: RangeFile | None, extent: list[float]) -> Metadata:
    listed: list[dict[str, Any]] = [
        {"ion": r.name, "low": r.low, "high": r.high, "colour": r.colour}
        for r in (ranges.ranges if ranges else ())
    ]
    z, y, x = (round(side, 4) for side in extent)
    return Metadata(
        identification=known(created=ions.created, ranges_file=ranges.file if ranges else ""),
        references={"extent": {"z": z, "y": y, "x": x, "unit": "nm"}},
        settings=known(ions=int(ions.mass.shape[0]), ranges=listed),
    )
