"""Everything that a reader plugin needs; plugins import nothing else from Tiepoint."""

from tiepoint.data.draft import DatasetDraft, Level
from tiepoint.data.lazy import ArrayLike, LazyArray
from tiepoint.data.registry import ReaderSpec
from tiepoint.model.axes import Axis, Role
from tiepoint.model.dataset import Kind, Metadata
from tiepoint.support.errors import TiepointError
from tiepoint.support.units import convert, length_unit, metres_per, readable_unit, unit_ratio

__all__ = [
    "ArrayLike", "Axis", "DatasetDraft", "Kind", "LazyArray", "Level", "Metadata", "ReaderSpec",
    "Role", "TiepointError", "convert", "length_unit", "metres_per", "readable_unit", "unit_ratio",
]  # fmt: skip
