"""``map --detector``: the image of a virtual detector."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tiepoint.cli import output
from tiepoint.cli.sources import opened, the_only
from tiepoint.patterns.axes import is_scanned, pattern_axes, unit_on
from tiepoint.patterns.detectors import PRESETS, Detector, mask_of
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from argparse import Namespace

    from tiepoint.model.dataset import Dataset
    from tiepoint.session import Session
    from tiepoint.support.arrays import AnyArray


def do_virtual_image(options: Namespace) -> None:
    """Sum every pattern over a virtual detector, and write the image as a TIFF if asked."""
    if options.scheduler:
        raise TiepointError(
            "Virtual detectors are computed on this computer only: leave --scheduler out."
        )
    session = opened(Path(options.source))
    dataset = the_only(session, options, is_scanned, "scan of diffraction patterns")
    detector = _detector(session, dataset, options)
    mask = mask_of(detector, pattern_axes(dataset))
    values = session.patterns.detecting.image(dataset, detector)
    session.close()
    if options.out:
        from tiepoint.figures.tiff import write_tiff

        write_tiff(Path(options.out), _writable(values), dataset.spatial_axes)
    value = {
        "dataset": dataset.name,
        **detector.settings(),
        "pixels": int(mask.sum()),
        "shape": list(values.shape),
        "sum": float(values.sum(dtype=np.float64)),
        "mean": float(values.mean(dtype=np.float64)),
        "min": float(values.min()),
        "max": float(values.max()),
        "out": options.out,
    }
    if options.json:
        output.say_json(value)
        return
    y, x = detector.centre_yx
    output.say(
        f"{detector.words()} around y {y:.1f}  x {x:.1f} px of {dataset.name}:"
        f" {value['pixels']:,} pixels of each pattern, {value['sum']:,.0f} in all"
    )
    if options.out:
        output.say(f"  written to {options.out}")


def _detector(session: Session, dataset: Dataset, options: Namespace) -> Detector:
    """Return a usual detector by its name, or one of radii around `--centre` or the disc."""
    words = [word.strip() for word in options.detector.split(",")]
    if len(words) == 1:
        found = session.patterns.detecting.preset(dataset, words[0])
        centre = _centre(options.centre) if options.centre else found.centre_yx
        return Detector(centre, found.inner, found.outer, found.unit, found.name)
    try:
        inner, outer = float(words[0]), float(words[1])
    except ValueError:
        inner = outer = float("nan")
    if len(words) > 3 or not inner < outer:
        raise TiepointError(
            f"{options.detector!r} is no detector: write {', '.join(PRESETS)}, or the inner and the"
            " outer radius and a unit, such as 5.5,15,px."
        )
    unit = words[2] if len(words) == 3 else unit_on(pattern_axes(dataset))
    if options.centre:
        return Detector(_centre(options.centre), inner, outer, unit)
    try:
        centre = session.patterns.detecting.disc(dataset).centre_yx
    except TiepointError as error:
        said = str(error).partition(":")[0]
        raise TiepointError(f"{said}: give --centre y,x in pixels of the pattern.") from error
    return Detector(centre, inner, outer, unit)


def _centre(text: str) -> tuple[float, float]:
    try:
        y, x = (float(part) for part in text.split(","))
    except ValueError:
        raise TiepointError(f"{text!r} is no centre: write it as y,x in pixels.") from None
    return y, x


def _writable(values: AnyArray) -> AnyArray:
    """Return sums in a type that OME-TIFF has: 32 bits where they fit, else float64."""
    if values.dtype.kind not in "ui":
        return values
    narrow = np.dtype(np.uint32 if values.dtype.kind == "u" else np.int32)
    fits = values.max() <= np.iinfo(narrow).max and values.min() >= np.iinfo(narrow).min
    return values.astype(narrow if fits else np.float64)
