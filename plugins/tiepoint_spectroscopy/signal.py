"""One signal of a file, as RosettaSciIO's readers describe it, before it becomes a draft."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tiepoint.sdk import jsonable

SMALL_ARRAY_BYTES = 1 << 16


@dataclass
class Signal:
    """What one dictionary of a RosettaSciIO reader says.

    Attributes
    ----------
    data
        numpy, dask or any array that slices like them.
    axes
        One dictionary per axis (``name size scale offset units axis navigate index_in_array``);
        a vendor's module may add ``role``.
    metadata
        HyperSpy's metadata tree, the reader's ``mapping`` already applied.
    original
        The vendor's metadata, verbatim.
    frame
        Signals of one file with the same non-empty name share physical coordinates.
    technique
        Overrides what metadata and format say.
    warnings
        Sentences for the user.
    """

    data: Any
    axes: list[dict[str, Any]]
    metadata: dict[str, Any]
    original: dict[str, Any]
    frame: str = ""
    technique: str = ""
    warnings: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The file's own name for it, ``""`` if it has none."""
        title = section(self.metadata, "General").get("title")
        return "" if title is None else str(title).strip()

    @property
    def signal_type(self) -> str:
        """HyperSpy's signal type (``EDS_TEM``, ``EELS`` …), ``""`` if unknown."""
        return str(section(self.metadata, "Signal").get("signal_type") or "")


def section(tree: Any, *path: str) -> dict[str, Any]:
    """Return the sub-tree at `path`, an empty one where it is missing."""
    for name in path:
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree if isinstance(tree, dict) else {}


def from_dictionary(entry: dict[str, Any]) -> Signal:
    """Make a signal of one dictionary in RosettaSciIO's form."""
    metadata = materialised(entry.get("metadata") or {})
    original = materialised(entry.get("original_metadata") or {})
    for source, (target, convert) in (entry.get("mapping") or {}).items():
        _map(original, source, metadata, target, convert)
    return Signal(
        data=entry["data"],
        axes=[dict(axis) for axis in entry.get("axes") or []],
        metadata=metadata,
        original=original,
    )


def materialised(tree: Any) -> dict[str, Any]:
    """Return a metadata tree of plain dictionaries, lazy arrays read or described."""
    if hasattr(tree, "to_dict"):
        tree = tree.to_dict()
    return {str(key): _value(item) for key, item in dict(tree).items()}


def _value(item: Any) -> Any:
    if isinstance(item, dict):
        return materialised(item)
    if isinstance(item, list | tuple):
        return type(item)(_value(part) for part in item) if type(item) in (list, tuple) else item
    if hasattr(item, "dask"):  # an array in the file: small ones are read before it closes
        return item.compute() if item.nbytes <= SMALL_ARRAY_BYTES else jsonable(item)
    return item


def _map(original: Any, source: str, metadata: dict[str, Any], target: str, convert: Any) -> None:
    node = original
    for name in source.split("."):
        if not isinstance(node, dict) or name not in node:
            return
        node = node[name]
    try:
        value = node if convert is None else convert(node)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return  # the vendor wrote something else there; it stays in the original metadata
    if value is None:
        return
    *parents, leaf = target.split(".")
    for name in parents:
        metadata = metadata.setdefault(name, {})
        if not isinstance(metadata, dict):
            return
    metadata[leaf] = value
