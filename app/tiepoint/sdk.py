"""Everything that a reader plugin needs; plugins import nothing else from Tiepoint."""

from tiepoint.data.answers import Ask, Question, answers_to
from tiepoint.data.calibration import (
    UNCALIBRATED,
    axis_from_values,
    in_one_unit,
    missing_words,
    shown_unit,
    spatial_axes,
    standard_unit,
)
from tiepoint.data.decoded import decoded_array
from tiepoint.data.draft import DatasetDraft, Level
from tiepoint.data.framed import framed_array
from tiepoint.data.h5_array import h5_array, h5_file, stored_elsewhere
from tiepoint.data.lazy import ArrayLike, LazyArray
from tiepoint.data.opening import open_file
from tiepoint.data.orientations import CrystalPhase, Orientations
from tiepoint.data.paged import paged_array
from tiepoint.data.points import (
    Columns,
    PointGrid,
    PointTable,
    counted_array,
    extent_of,
    grid_over,
    nice_step,
)
from tiepoint.data.raw import raw_array
from tiepoint.data.references import known, length, stage_position
from tiepoint.data.registry import ReaderSpec
from tiepoint.data.scaled import Scaled
from tiepoint.data.stack import Series, numbered_series, stack_array
from tiepoint.data.tiff_array import require_complete, tiff_array
from tiepoint.data.verbatim import jsonable, readable_text
from tiepoint.data.views import view
from tiepoint.data.zarr_chunks import ZarrArray, chunk_files
from tiepoint.model.axes import Axis, Role
from tiepoint.model.dataset import Kind, LegendEntry, Metadata, Quantity
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import convert, length_unit, metres_per, readable_unit, unit_ratio

__all__ = [
    "UNCALIBRATED",
    "ArrayLike",
    "Ask",
    "Axis",
    "Columns",
    "CrystalPhase",
    "DatasetDraft",
    "Kind",
    "LazyArray",
    "LegendEntry",
    "Level",
    "Metadata",
    "Orientations",
    "PointGrid",
    "PointTable",
    "Quantity",
    "Question",
    "ReaderSpec",
    "Role",
    "Scaled",
    "Series",
    "TiepointError",
    "ZarrArray",
    "answers_to",
    "axis_from_values",
    "chunk_files",
    "convert",
    "counted_array",
    "decoded_array",
    "extent_of",
    "framed_array",
    "grid_over",
    "h5_array",
    "h5_file",
    "in_one_unit",
    "jsonable",
    "known",
    "length",
    "length_unit",
    "metres_per",
    "missing_words",
    "nice_step",
    "numbered_series",
    "open_file",
    "paged_array",
    "raw_array",
    "readable_text",
    "readable_unit",
    "require_complete",
    "shown_unit",
    "spatial_axes",
    "stack_array",
    "stage_position",
    "standard_unit",
    "stored_elsewhere",
    "tiff_array",
    "unit_ratio",
    "view",
]  # fmt: skip
