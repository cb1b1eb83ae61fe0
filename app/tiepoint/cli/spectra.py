"""``map`` and ``spectrum``."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.cli import output
from tiepoint.cli.pictures import say_picture, write_picture
from tiepoint.cli.sources import opened, the_only
from tiepoint.project import lookup
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from argparse import Namespace

    from tiepoint.model.dataset import Dataset, MapRecipe
    from tiepoint.session import Session
    from tiepoint.spectra.regions import Spectrum


def do_map(options: Namespace) -> None:
    """Compute the map of a line, an edge, a window or a detector, and write it if asked."""
    if options.detector:
        from tiepoint.cli.patterns import do_virtual_image

        do_virtual_image(options)
        return
    session, dataset = _source(options)
    session.machines.use(options.scheduler)
    recipe = _recipe(session, dataset, options)
    found = session.spectra.compute(recipe)
    values = np.asarray(found.values)
    write_picture(options, dataset, values)
    session.close()
    facts = {
        "label": found.label,
        "window": list(found.window),
        "window_unit": found.window_unit,
        "channels": list(found.channels),
        "background": found.background,
        "unit": found.unit,
        "warnings": list(found.warnings),
    }
    low, high = found.window
    window = f"{low:.4g} to {high:.4g} {found.window_unit or ''}".rstrip()
    words = f"{found.label} of {dataset.name}" + ("" if options.window else f": {window}")
    say_picture(options, dataset, values, facts, words, found.unit)


def _recipe(session: Session, dataset: Dataset, options: Namespace) -> MapRecipe:
    if options.window:
        return session.spectra.window_recipe(dataset, _window(options.window))
    if options.edge:
        return session.spectra.line_recipe(dataset, options.edge, net=options.net, kind="edge")
    return session.spectra.line_recipe(dataset, options.line, net=options.net, kind="line")


def _window(text: str) -> tuple[float, float]:
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise TiepointError(f"{text!r} is no window: write it as 6.2,6.6.") from None
    return low, high


def do_spectrum(options: Namespace) -> None:
    """Sum the spectra of a region or box, and write them as CSV if asked."""
    session, dataset = _source(options)
    if options.box:
        where = options.box
        found = session.spectra.of_box(dataset, _box(options.box))
    else:
        where = options.region
        found = session.spectra.of_region(dataset, lookup.region(session.project, options.region))
    session.close()
    if options.out:
        _write_csv(Path(options.out), found)
    value = {
        "dataset": dataset.name,
        "region": where,
        "pixels": found.pixels,
        "axis": {"name": found.name, "unit": found.unit},
        "positions": np.asarray(found.positions),
        "counts": np.asarray(found.total),
        "sum": float(np.sum(found.total)),
        "out": options.out,
    }
    if options.json:
        output.say_json(value)
    else:
        output.say(f"{dataset.name}, {where}: {found.pixels:,} pixels, {value['sum']:,.0f} in all")
        if options.out:
            output.say(f"  written to {options.out}")


def _box(text: str) -> tuple[float, float, float, float]:
    try:
        y0, x0, y1, x1 = (float(part) for part in text.split(","))
    except ValueError:
        raise TiepointError(f"{text!r} is no box: write it as y0,x0,y1,x1.") from None
    return y0, x0, y1, x1


def _write_csv(path: Path, spectrum: Spectrum) -> None:
    try:
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow([f"{spectrum.name} ({spectrum.unit or 'channel'})", "sum"])
            writer.writerows(zip(spectrum.positions.tolist(), spectrum.total.tolist(), strict=True))
    except OSError as error:
        raise TiepointError(f"{path} cannot be written: {error.strerror}.") from error


def _source(options: Namespace) -> tuple[Session, Dataset]:
    """Open a project or a data file and find the spectrum image in it."""
    session = opened(Path(options.source))
    return session, the_only(session, options, _is_image, "spectrum image")


def _is_image(dataset: Dataset) -> bool:
    return dataset.kind == "spectrum image"
