"""``section`` and ``regions``."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.cli import output
from tiepoint.data.sampling import bounds
from tiepoint.geometry.grids import Grid
from tiepoint.geometry.planes import Plane
from tiepoint.measure.outlines import outline
from tiepoint.project.tables import bare
from tiepoint.session import Session
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import length_unit, unit_ratio

if TYPE_CHECKING:
    from argparse import Namespace

    from tiepoint.model.dataset import Dataset
    from tiepoint.model.region import Region

LENGTH = re.compile(r"\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*(\D*)\s*")


def do_section(options: Namespace) -> None:
    """Draw every dataset that can be drawn in the plane of one, and write each as a TIFF."""
    from tiepoint.figures.tiff import write_section

    session = Session.open(Path(options.project))
    frame = session.dataset(options.frame)
    box = bounds(frame)
    depth = float(box[:, 0].mean()) if frame.ndim_space == 3 else 0.0
    if options.depth:
        depth = _length(options.depth, frame)
    pixel = _length(options.pixel, frame) if options.pixel else _own_pixel(frame)
    grid = Grid.covering(box[:, -2:], pixel)
    folder = Path(options.out)
    written: list[dict[str, Any]] = []
    left_out: list[dict[str, Any]] = []
    wanted = [d for d in session.project.datasets if d.ndim_space in (2, 3)]
    session.machines.use(options.scheduler)
    # Here one after another, so that no more than one is in memory; on other machines all at once.
    batches = [wanted] if session.machines.scheduler else [[dataset] for dataset in wanted]
    for batch in batches:
        drawn = session.machines.sections(batch, frame.id, Plane.at(depth), grid)
        for dataset, found in zip(batch, drawn, strict=True):
            if isinstance(found, TiepointError):
                left_out.append({"dataset": dataset.name, "reason": str(found)})
                continue
            path = folder / f"{_file_name(dataset.name)}.tif"
            write_section(path, found, frame.unit)
            covered = float(found.mask.mean())
            written.append({"dataset": dataset.name, "file": str(path), "covered": covered})
    session.close()
    value = {
        "frame": frame.name, "pixel": pixel, "unit": frame.unit, "shape": list(grid.shape),
        "depth": depth, "written": written, "left_out": left_out,
    }  # fmt: skip
    if options.json:
        output.say_json(value)
    else:
        for one in written:
            output.say(f"{one['file']}  covers {one['covered']:.0%}")
        for one in left_out:
            output.say(f"  ! {one['dataset']}: {one['reason']}")


def _own_pixel(dataset: Dataset) -> float:
    return min(abs(axis.scale) for axis in dataset.spatial_axes[-2:])


def _length(text: str, dataset: Dataset) -> float:
    """Return a length such as ``50nm`` in a dataset's unit; a bare number is in that unit."""
    match = LENGTH.fullmatch(text)
    if match is None:
        raise TiepointError(f"{text!r} is no length: write it as 50nm.")
    number, word = float(match[1]), match[2].strip()
    if not word:
        return number
    unit = length_unit(word)
    if unit is None or dataset.unit is None:
        raise TiepointError(
            f"{text!r} cannot be used: {dataset.name} is measured in {dataset.unit or 'pixels'}."
        )
    return number * unit_ratio(unit, dataset.unit)


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.+-]+", "_", name).strip("._") or "dataset"


def do_regions(options: Namespace) -> None:
    """List regions, or write them as CSV, GeoJSON or ImageJ ROIs."""
    session = Session.open(Path(options.project))
    rows = [_region(session, region.id) for region in session.project.regions]
    if options.statistics:
        for row, region in zip(rows, session.project.regions, strict=True):
            row["under"] = _under(session, region)
    session.close()
    if options.csv:
        _write(options.csv, _as_csv(rows))
    if options.geojson:
        _write(options.geojson, json.dumps(_as_geojson(rows), ensure_ascii=False, indent=1))
    if options.imagej:
        from tiepoint.figures.imagej import write_rois

        write_rois(Path(options.imagej), [(r["name"], r["shape"], r["pixels"]) for r in rows])
    if options.json:
        output.say_json(rows)
    elif not (options.csv or options.geojson or options.imagej):
        for row in rows:
            output.say(f"{row['name']}  {row['shape']} in {row['dataset']}  {row['size']}")
            for under in row.get("under", ()):
                output.say(f"  {_under_words(under)}")


def _under(session: Session, region: Region) -> list[dict[str, Any]]:
    from tiepoint.session.under_region import as_json, measurable, under_region

    if not measurable(region):
        return []
    return [as_json(found) for found in under_region(session, region)]


def _under_words(under: dict[str, Any]) -> str:
    unit = f" {under['unit']}" if under["unit"] else ""
    said = [f"{name} {100 * part:.1f} %" for name, part in under["shares"].items()]
    if "mean" in under:
        spread = f" ± {under['sd']:.3g}" if under["n"] > 1 else ""
        what = under["counts"].removesuffix("s" if under["n"] == 1 else "")
        said.append(f"{under['mean']:.5g}{spread}{unit}, n = {under['n']:,} {what}")
    values = f"{', '.join(said)}. " if said else ""
    return f"{under['dataset']}: {values}{' '.join(under['notes'])}".rstrip()


def _region(session: Session, region_id: str) -> dict[str, Any]:
    from tiepoint.data.sampling import physical_to_index

    region = next(r for r in session.project.regions if r.id == region_id)
    dataset = session.dataset(region.dataset)
    vertices = np.asarray(region.vertices, float)
    return {
        "id": region.id,
        "name": region.name,
        "shape": region.shape,
        "dataset": dataset.name,
        "unit": dataset.unit,
        "axes": [axis.name for axis in dataset.spatial_axes],
        "vertices": vertices,
        "pixels": physical_to_index(dataset)(vertices),
        "measures": {
            name: {"value": value, "unit": unit}
            for name, value, unit in session.marking.sizes(region).rows
        },
        "size": session.marking.size_words(region),
        "class": region.category,
        "note": region.note,
        "author": region.author,
        "tags": list(region.tags),
        "colour": region.colour,
    }


def _as_csv(rows: list[dict[str, Any]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(["name", "shape", "dataset", "unit", "size", "class", "note", "vertices"])
    for row in rows:
        places = "; ".join(",".join(f"{v:.9g}" for v in vertex) for vertex in row["vertices"])
        cells = [row["name"], row["shape"], row["dataset"], row["unit"] or "px", row["size"]]
        writer.writerow([*map(bare, [*cells, row["class"], row["note"]]), places])
    return stream.getvalue()


def _as_geojson(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return regions as GeoJSON: coordinates in axis order (x, y[, z]), unit in the properties."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": row["id"],
                "geometry": _geometry(row),
                "properties": {
                    key: row[key]
                    for key in (
                        "name",
                        "shape",
                        "dataset",
                        "unit",
                        "class",
                        "note",
                        "author",
                        "tags",
                    )
                },
            }
            for row in rows
        ],
    }


def _geometry(row: dict[str, Any]) -> dict[str, Any]:
    points = outline(row["shape"], row["vertices"])[:, ::-1].tolist()
    if row["shape"] == "point":
        return {"type": "Point", "coordinates": points[0]}
    if row["shape"] in ("line", "polyline"):
        return {"type": "LineString", "coordinates": points}
    return {"type": "Polygon", "coordinates": [[*points, points[0]]]}


def _write(target: str, text: str) -> None:
    if target == "-":
        sys.stdout.write(text)
        return
    try:
        Path(target).write_text(text, encoding="utf-8")
    except OSError as error:
        raise TiepointError(f"{target} cannot be written: {error.strerror}.") from error
