"""OME-Zarr 0.4 and 0.5 (https://ngff.openmicroscopy.org), folders or zipped; also plain Zarr."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import (
    DatasetDraft,
    LazyArray,
    TiepointError,
    ZarrArray,
    chunk_files,
    jsonable,
)
from tiepoint_tomography.ngff import image_drafts, plain_draft
from tiepoint_tomography.ngff_own import OWN, own_draft

if TYPE_CHECKING:
    from collections.abc import Iterator

MARKERS = ("zarr.json", ".zgroup", ".zattrs", ".zarray")
ZIPPED = (".zarr.zip", ".ozx")
MOST_ARRAYS = 64


def sniff(path: Path, head: bytes) -> bool:
    """Whether the path is a Zarr folder, or a zip file named as one."""
    if path.is_dir():
        return any((path / marker).is_file() for marker in MARKERS)
    return path.name.lower().endswith(ZIPPED) and head[:2] == b"PK"


def read(path: Path) -> list[DatasetDraft]:
    """Return the images and label images, with their stored pyramids.

    Parameters
    ----------
    path
        The ``.zarr`` folder or zip file.

    Raises
    ------
    TiepointError
        If it is a plate of many wells, or holds nothing to show.
    """
    with _store(str(path)) as store:
        import zarr

        node = zarr.open(store=store, mode="r")
        if not isinstance(node, zarr.Group):
            return [plain_draft(lazy(path, "", node), "", _names(node))]
        drafts = list(_group(path, node, ""))
        return drafts or _plain_group(path, node)


def _group(path: Path, group: Any, title: str) -> Iterator[DatasetDraft]:
    """Yield the images of a group and of the collections that it stands for."""
    said = metadata_of(group)
    if "plate" in said:
        wells = [str(well.get("path")) for well in said["plate"].get("wells", [])[:3]]
        raise TiepointError(
            f"{path.name} is a plate of many wells. Open one of them, such as"
            f" {path.name}/{wells[0] if wells else 'A/1'}."
        )
    if "multiscales" in said:
        original = partial(original_metadata, path, group.path)
        own = own_draft(group, said, title, original, partial(lazy, path))
        if own is not None:
            yield own
        else:
            yield from image_drafts(group, said, title, original, partial(lazy, path))
        yield from _labels(path, group, title)
    for name in _members(group, said):
        yield from _group(path, group[name], f"{title}/{name}".strip("/"))


def _labels(path: Path, group: Any, title: str) -> Iterator[DatasetDraft]:
    if "labels" not in group:
        return
    labels = group["labels"]
    for name in metadata_of(labels).get("labels", []):
        said = metadata_of(labels[name])
        if "multiscales" in said:
            original = partial(original_metadata, path, labels[name].path)
            yield from image_drafts(
                labels[name], said, f"{title}/{name}".strip("/"), original, partial(lazy, path)
            )


def _members(group: Any, said: dict[str, Any]) -> list[str]:
    """Return the names of the images of a collection: series of a conversion, fields of a well."""
    if "bioformats2raw.layout" in said:
        ome = metadata_of(group["OME"]) if "OME" in group else {}
        return [str(name) for name in ome.get("series", [])] or [
            str(name) for name in sorted(group.group_keys()) if name.isdigit()
        ]
    if "well" in said:
        return [str(image["path"]) for image in said["well"].get("images", [])]
    return []


def metadata_of(group: Any) -> dict[str, Any]:
    """Return the OME metadata of a group: in ``ome`` since 0.5, at the top before."""
    attributes = dict(group.attrs)
    ome = attributes.get("ome")
    return dict(ome) if isinstance(ome, dict) else attributes


def _plain_group(path: Path, group: Any) -> list[DatasetDraft]:
    import zarr

    members = [
        (name, item)
        for name, item in group.members(max_depth=4)
        if isinstance(item, zarr.Array) and item.ndim >= 2 and np.dtype(item.dtype).kind in "iufb"
    ]
    drafts = [
        plain_draft(lazy(path, item.path, item), name, _names(item))
        for name, item in sorted(members)[:MOST_ARRAYS]
    ]
    if not drafts:
        raise TiepointError(f"{path.name} holds no image or volume.")
    return drafts


def _names(array: Any) -> tuple[str, ...]:
    """Return the dimension names of a Zarr 3 array, where all are given."""
    names = getattr(array.metadata, "dimension_names", None) or ()
    return tuple(str(name) for name in names) if all(names) else ()


def lazy(path: Path, inner: str, array: Any) -> LazyArray:
    """Return an open Zarr array as a lazy one."""
    dtype = np.dtype(array.dtype).newbyteorder("=")
    files = chunk_files(path / inner) if path.is_dir() else None
    shape, chunks = tuple(array.shape), tuple(array.chunks)
    return ZarrArray(open_zarr, (str(path), inner), shape, dtype, chunks, files)


@contextmanager
def open_zarr(path: str, inner: str) -> Iterator[Any]:
    """Open one array for a read."""
    import zarr

    with _store(path) as store:
        yield zarr.open_array(store=store, path=inner, mode="r")


@contextmanager
def _store(path: str) -> Iterator[Any]:
    import zarr

    if Path(path).is_dir():
        yield path
        return
    store = zarr.storage.ZipStore(path, mode="r")
    try:
        yield store
    finally:
        store.close()


def original_metadata(path: Path, inner: str) -> dict[str, Any]:
    """Return a group's attributes verbatim, and those of the file that it was converted from."""
    import zarr

    with _store(str(path)) as store:
        group = zarr.open_group(store, path=inner, mode="r")
        said: dict[str, Any] = {"attributes": jsonable(dict(group.attrs))}
        if OWN in said["attributes"] and OWN in group:
            said.update(jsonable(dict(group[OWN].attrs)))
        return said
