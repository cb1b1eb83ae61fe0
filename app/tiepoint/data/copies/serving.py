"""Reading from a copy, and from the file itself should the copy turn out damaged."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tiepoint.data.copies.events import EventArray
from tiepoint.data.copies.shard import DamagedCopyError, ShardArray

if TYPE_CHECKING:
    import numpy as np

    from tiepoint.data.copies.folder import CopyFolder
    from tiepoint.data.lazy import ArrayLike
    from tiepoint.support.arrays import AnyArray

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ServedCopy:
    """A copy in chunks with the file behind it.

    Attributes
    ----------
    copy
        What is read from.
    original
        What is read from where the copy is damaged; the copy is removed then.
    folder, name
        Where the copy lies.
    """

    copy: ShardArray
    original: ArrayLike = field(repr=False, compare=False)
    folder: CopyFolder
    name: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Array shape."""
        return self.copy.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return self.copy.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.copy.ndim

    @property
    def chunks(self) -> tuple[int, ...]:
        """Shape of the pieces that the copy stores."""
        return self.copy.chunks

    def __getitem__(self, key: Any) -> AnyArray:
        """Read a part by basic slicing."""
        try:
            return self.copy[key]
        except DamagedCopyError as error:
            log.warning("%s Spectra are read from the file itself.", error)
            self.folder.remove(self.name)
            values: AnyArray = self.original[key]
            return values.astype(self.dtype, copy=False)


def serve(folder: CopyFolder, name: str, original: ArrayLike) -> ServedCopy | EventArray | None:
    """Return the copy of this name for the array it was made from; ``None`` if there is none."""
    found = folder.find(name, tuple(original.shape))
    if found is None or found.dtype != original.dtype.newbyteorder("="):
        return None
    if isinstance(found, ShardArray):
        return ServedCopy(found, original, folder, name)
    return found if isinstance(found, EventArray) else None
