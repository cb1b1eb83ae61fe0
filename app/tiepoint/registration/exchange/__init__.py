"""Landmark pairs and transforms in the formats of other programs.

`read_pairs` and `read_transform` recognise a file by its content, never by its name.
"""

from __future__ import annotations

from pathlib import Path

from tiepoint.registration.exchange.bigwarp import is_bigwarp, parse_bigwarp, write_bigwarp
from tiepoint.registration.exchange.ecclem import Sequence5D, read_ecclem, write_ecclem
from tiepoint.registration.exchange.elastix import (
    ImageGrid,
    is_transformix_points,
    parse_transformix,
    read_elastix,
    write_elastix,
)
from tiepoint.registration.exchange.itk_parameters import TransformFile
from tiepoint.registration.exchange.itk_text import MAGIC, read_itk, write_itk
from tiepoint.registration.exchange.ngff_json import CoordinateSystem, read_ngff, write_ngff
from tiepoint.registration.exchange.own_csv import has_header, parse_own, write_own
from tiepoint.registration.exchange.pairs import PairTable
from tiepoint.registration.exchange.points import (
    PointTable,
    match_points,
    read_points,
    write_points,
)
from tiepoint.registration.exchange.tables import parse_table, read_text
from tiepoint.registration.exchange.tdct import (
    Correlation,
    is_correlation,
    parse_correlation,
    read_correlation,
    write_tdct_points,
)
from tiepoint.support.errors import TiepointError

__all__ = [
    "CoordinateSystem",
    "Correlation",
    "ImageGrid",
    "PairTable",
    "PointTable",
    "Sequence5D",
    "TransformFile",
    "match_points",
    "read_correlation",
    "read_ecclem",
    "read_elastix",
    "read_itk",
    "read_ngff",
    "read_pairs",
    "read_points",
    "read_transform",
    "write_bigwarp",
    "write_ecclem",
    "write_elastix",
    "write_itk",
    "write_ngff",
    "write_own",
    "write_points",
    "write_tdct_points",
]


def read_pairs(path: Path | str) -> PairTable:
    """Read landmark pairs: own CSV, BigWarp, transformix, 3DCT or eC-CLEM, by content.

    Positions are in axis order (y, x) or (z, y, x); whether they are pixels or which unit they
    have is told only where the file says so.

    Raises
    ------
    TiepointError
        In one sentence that names the file and, where there is one, the line.
    """
    name = Path(path).name
    text = read_text(path)
    start = text.lstrip()
    if start.startswith("<"):
        return read_ecclem(path)
    if is_transformix_points(text):
        return parse_transformix(text, name)
    if is_correlation(text):
        return parse_correlation(text, name).table
    table = parse_table(text, name)
    if is_bigwarp(table):
        return parse_bigwarp(table)
    if has_header(table):
        return parse_own(table)
    raise TiepointError(
        f"{name} is no table of landmark pairs: its first line should be "
        "“name,moving_y,moving_x,fixed_y,fixed_x”, or it should be a BigWarp table."
    )


def read_transform(path: Path | str) -> TransformFile:
    """Read a transform: ITK text, elastix parameters, OME-NGFF JSON or 3DCT, by content.

    Raises
    ------
    TiepointError
        In one sentence that names the file.
    """
    text = read_text(path)
    start = text.lstrip()
    if start.startswith(MAGIC):
        return read_itk(path)
    if start[:1] in ("{", "["):
        return read_ngff(path)
    if is_correlation(text):
        found = parse_correlation(text, Path(path).name)
        return TransformFile(found.moving_to_fixed, found.table.format, "projection")
    if start.startswith(("(", "//")):
        return read_elastix(path)
    raise TiepointError(
        f"{Path(path).name} is none of the transform files that can be read: ITK text, elastix "
        "parameters, OME-NGFF JSON, 3DCT correlation."
    )
