"""Basic indices written out: one integer or slice per axis."""

from __future__ import annotations

from typing import Any

Basic = tuple[slice | int, ...]


def basic_index(key: Any, shape: tuple[int, ...]) -> Basic:
    """Write `key` out as one integer or slice per axis.

    Parameters
    ----------
    key
        Integers, slices and ``...`` as numpy takes them for basic slicing.
    shape
        Shape of the array that is indexed.

    Returns
    -------
    tuple
        Non-negative integers, and slices with all three parts given and a positive step.

    Raises
    ------
    IndexError
        For too many indices, an index out of range, a negative step, or fancy indexing.
    """
    parts = list(key) if isinstance(key, tuple) else [key]
    if any(part is Ellipsis for part in parts):
        at = next(i for i, part in enumerate(parts) if part is Ellipsis)
        missing = len(shape) - (len(parts) - 1)
        parts[at : at + 1] = [slice(None)] * missing
    parts += [slice(None)] * (len(shape) - len(parts))
    if len(parts) != len(shape):
        raise IndexError(f"{len(parts)} indices for an array with {len(shape)} axes")
    return tuple(_one(part, size) for part, size in zip(parts, shape, strict=True))


def _one(part: Any, size: int) -> slice | int:
    if isinstance(part, slice):
        start, stop, step = part.indices(size)
        if step < 1:
            raise IndexError("steps must be positive")
        return slice(start, max(start, stop), step)
    index = part.__index__() if hasattr(part, "__index__") else None
    if index is None:
        raise IndexError(f"{type(part).__name__} cannot index an array in a file")
    if not -size <= index < size:
        raise IndexError(f"index {index} is out of range for an axis of {size}")
    return int(index) % size


def taken(part: slice | int) -> range:
    """Return the positions that one part of a written-out index selects."""
    return (
        range(part, part + 1) if isinstance(part, int) else range(part.start, part.stop, part.step)
    )


def result_shape(index: Basic) -> tuple[int, ...]:
    """Return the shape that a written-out index gives."""
    return tuple(len(taken(part)) for part in index if isinstance(part, slice))
