"""Basic slicing keys, spelled out."""

from __future__ import annotations

from typing import Any


def full_key(key: Any, ndim: int) -> tuple[Any, ...]:
    """Return `key` with one integer or slice per axis."""
    keys = key if isinstance(key, tuple) else (key,)
    at = next((i for i, item in enumerate(keys) if item is Ellipsis), None)
    if at is not None:
        keys = keys[:at] + (slice(None),) * (ndim - len(keys) + 1) + keys[at + 1 :]
    if len(keys) > ndim:
        raise IndexError(f"{len(keys)} indices for an array of {ndim} axes")
    return keys + (slice(None),) * (ndim - len(keys))


def ranges(key: Any, shape: tuple[int, ...]) -> list[range]:
    """Return the indices that `key` takes along every axis.

    Raises
    ------
    IndexError
        If an integer lies outside its axis.
    """
    found = []
    for item, size in zip(full_key(key, len(shape)), shape, strict=True):
        if isinstance(item, slice):
            found.append(range(*item.indices(size)))
            continue
        index = int(item) + size if int(item) < 0 else int(item)
        if not 0 <= index < size:
            raise IndexError(f"index {item} is outside an axis of size {size}")
        found.append(range(index, index + 1))
    return found


def without_integers(values: Any, key: Any) -> Any:
    """Drop from `values` (sliced along every axis) the axes that `key` takes by integer."""
    keys = full_key(key, values.ndim)
    return values[tuple(slice(None) if isinstance(item, slice) else 0 for item in keys)]
