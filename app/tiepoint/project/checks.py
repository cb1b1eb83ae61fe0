"""Guards for HDF5 files that came from elsewhere: nothing is read before these have passed.

h5py by default follows external links, external storage and virtual datasets to other files on
the disk, and believes any size that a file declares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_OBJECTS = 200_000
MAX_DEPTH = 16
MAX_RANK = 8
SPARE_BYTES = 64 << 20
DECLARED_PER_STORED = 8
_SIGNATURE = b"\x89HDF\r\n\x1a\n"


def require_hdf5(head: bytes, size: int, name: str) -> None:
    """Refuse a file that cannot be HDF5, by its size and first bytes.

    Raises
    ------
    TiepointError
        In words, for an empty, a cut and a foreign file.
    """
    if size == 0:
        raise TiepointError(f"{name} is empty.")
    if not head.startswith(_SIGNATURE):
        cut = size < len(_SIGNATURE) and _SIGNATURE.startswith(head)
        what = "is cut short" if cut else "is not a Tiepoint project"
        raise TiepointError(f"{name} {what}.")


def require_safe(file: Any, stored_bytes: int, name: str) -> None:
    """Walk an open h5py file without following anything, and refuse what could do harm.

    Parameters
    ----------
    stored_bytes
        Size of the file; all datasets together may declare at most eight times that and 64 MB.

    Raises
    ------
    TiepointError
        Naming the object and what is wrong with it.
    """
    budget = stored_bytes * DECLARED_PER_STORED + SPARE_BYTES
    declared = 0
    for count, (path, node) in enumerate(_walk(file.id, name), 1):
        if count > MAX_OBJECTS:
            raise TiepointError(f"{name} declares more than {MAX_OBJECTS:,} objects.")
        declared += _declared(node, path, name)
        if declared > budget:
            raise TiepointError(
                f"{name} declares {declared / 1e9:.1f} GB but is only {stored_bytes / 1e6:.1f} MB "
                f"large ({path}). It is damaged or made to do harm."
            )


def _walk(root: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield every dataset (path, low-level id) once; no link is followed blindly."""
    import h5py

    seen: set[object] = set()
    waiting: list[tuple[str, Any, int]] = [("", root, 0)]
    while waiting:
        path, group, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise TiepointError(f"{name} is nested more than {MAX_DEPTH} levels deep.")
        for raw in group:
            child = f"{path}/{raw.decode('utf-8', 'replace')}"
            if group.links.get_info(raw).type != h5py.h5l.TYPE_HARD:
                raise TiepointError(
                    f"{name} contains a link to another place or file ({child[:200]}), which a "
                    "project never does. It was not followed."
                )
            address = h5py.h5o.get_info(group, raw).addr
            if address in seen:
                continue
            seen.add(address)
            if len(seen) > MAX_OBJECTS:
                raise TiepointError(f"{name} declares more than {MAX_OBJECTS:,} objects.")
            node = h5py.h5o.open(group, raw)
            if isinstance(node, h5py.h5g.GroupID):
                waiting.append((child, node, depth + 1))
            elif isinstance(node, h5py.h5d.DatasetID):
                yield child, node


def _declared(node: Any, path: str, name: str) -> int:
    """Return the bytes that a dataset declares, after refusing what reaches out of the file."""
    import h5py

    plist = node.get_create_plist()
    layout = plist.get_layout()
    if layout == h5py.h5d.VIRTUAL:
        raise TiepointError(f"{name} contains a virtual dataset ({path}); a project never does.")
    if layout == h5py.h5d.CONTIGUOUS and plist.get_external_count() > 0:
        raise TiepointError(f"{name} keeps the values of {path} in another file; it was not read.")
    allowed = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}
    for number in range(plist.get_nfilters()):
        if plist.get_filter(number)[0] not in allowed:
            raise TiepointError(f"{path} in {name} is compressed in a way that a project never is.")
    space = node.get_space()
    if space.get_simple_extent_ndims() > MAX_RANK:
        raise TiepointError(f"{path} in {name} has more than {MAX_RANK} dimensions.")
    if plist.get_nfilters() == 0 and layout == h5py.h5d.CHUNKED:
        _require_allocated(node, path, name)
    return int(space.get_simple_extent_npoints()) * int(node.get_type().get_size())


def _require_allocated(node: Any, path: str, name: str) -> None:
    stored = node.get_storage_size()
    count = node.get_space().get_simple_extent_npoints() * node.get_type().get_size()
    if count > SPARE_BYTES and stored < count // 2:
        raise TiepointError(f"{path} in {name} declares {count:,} bytes but stores {stored:,}.")


def require_plain_type(node: Any, path: str, name: str) -> None:
    """Refuse a dataset (h5py) whose values are not numbers or fixed-length text."""
    import h5py

    kind = node.id.get_type()
    if isinstance(kind, h5py.h5t.TypeStringID):
        plain = not kind.is_variable_str()
    else:
        plain = node.dtype.kind in "biufc" and not node.dtype.hasobject
    if not plain:
        raise TiepointError(f"{path} in {name} does not hold plain numbers or text.")
