"""The HDF5 tree of a project: canonical document, embedded arrays, and a view for other tools.

```
/tiepoint            @format @schema_version @min_reader
/tiepoint/document   UTF-8 JSON, @blake2b
/tiepoint/arrays/…   embedded arrays, @blake2b each
/entry               NeXus view, generated; never read back
```

The image is built by HDF5 into Python's own memory, never on disk: HDF5 writing to a full or
failing disk can leave a broken file and report success.
"""

from __future__ import annotations

import io
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.project.arrays import ArrayDigest, ArraySource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tiepoint.project.schema import ProjectFile

FORMAT = "tiepoint project"
GROUP = "tiepoint"
DOCUMENT = "tiepoint/document"
ARRAYS = "tiepoint/arrays"


def build_image(
    content: ProjectFile, document: bytes, arrays: Mapping[str, ArraySource]
) -> tuple[memoryview, dict[str, str]]:
    """Return the HDF5 file as bytes in memory, and the digest of each array.

    Parameters
    ----------
    content
        The document as values.
    document
        The same as canonical JSON.
    arrays
        Embedded arrays by key.
    """
    import h5py

    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        digests = write_tree(file, content, document, arrays)
    return memory.getbuffer(), digests


def write_tree(
    file: Any, content: ProjectFile, document: bytes, arrays: Mapping[str, ArraySource]
) -> dict[str, str]:
    """Write a project into an open, empty h5py file; return the digest of each array."""
    from tiepoint.project.nexus_view import write_view

    group = file.create_group(GROUP)
    group.attrs["format"] = text(FORMAT)
    group.attrs["schema_version"] = content.schema_version
    group.attrs["min_reader"] = content.min_reader
    node = file.create_dataset(DOCUMENT, data=text(document))
    node.attrs["blake2b"] = text(blake2b(document, digest_size=32).hexdigest())
    digests = {key: _write_array(file, key, array) for key, array in arrays.items()}
    write_view(file, content.project, {key: f"{ARRAYS}/{key}" for key in arrays})
    return digests


def _write_array(file: Any, key: str, array: ArraySource) -> str:
    node = file.create_dataset(f"{ARRAYS}/{key}", shape=array.shape, dtype=array.dtype)
    digest = ArrayDigest(array.shape, array.dtype)
    for rows, block in array.blocks():
        node[rows] = block
        digest.update(block)
    node.attrs["blake2b"] = text(digest.hex())
    return digest.hex()


def text(value: str | bytes) -> np.ndarray[Any, Any]:
    """Return a fixed-length UTF-8 string as h5py writes it; never empty, for HDF5 has no such."""
    import h5py

    data = value.encode("utf-8", "replace") if isinstance(value, str) else value
    return np.array(data, dtype=h5py.string_dtype("utf-8", max(len(data), 1)))
