"""What commands say of an image that they computed, and where they write it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.cli import output

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping

    from tiepoint.model.dataset import Dataset
    from tiepoint.support.arrays import AnyArray


def write_picture(options: Namespace, dataset: Dataset, values: AnyArray) -> None:
    """Write an image over the scan of a dataset as OME-TIFF, where ``--out`` says so."""
    if options.out:
        from tiepoint.figures.tiff import write_tiff

        write_tiff(Path(options.out), _writable(values), dataset.spatial_axes)


def say_picture(
    options: Namespace,
    dataset: Dataset,
    values: AnyArray,
    facts: Mapping[str, Any],
    words: str,
    unit: str = "",
) -> None:
    """Print what an image is and holds.

    Parameters
    ----------
    options
        With ``json`` and ``out``.
    dataset
        What it was computed from.
    facts
        What it is, for the JSON document.
    words
        The same for people.
    unit
        Of the values, where they have one.
    """
    value = {
        "dataset": dataset.name,
        **facts,
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
    of = f" {unit}" if unit else ""
    output.say(f"{words}, {value['sum']:,.0f}{of} in all, at most {value['max']:.4g} per pixel")
    if options.out:
        output.say(f"  written to {options.out}")


def _writable(values: AnyArray) -> AnyArray:
    """Return sums in a type that OME-TIFF has: 32 bits where they fit, else float64."""
    if values.dtype.kind not in "ui" or values.dtype.itemsize <= 4:
        return values
    narrow = np.dtype(np.uint32 if values.dtype.kind == "u" else np.int32)
    fits = values.max() <= np.iinfo(narrow).max and values.min() >= np.iinfo(narrow).min
    return values.astype(narrow if fits else np.float64)
