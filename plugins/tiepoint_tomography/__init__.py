"""Readers of the tomography family: volumes, stacks and the general containers."""

from tiepoint.sdk import ReaderSpec

TIFF_MAGIC = tuple((0, word) for word in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"))

READERS: tuple[ReaderSpec, ...] = (
    ReaderSpec(
        name="tiff",
        label="TIFF",
        patterns=(
            "*.tif", "*.tiff", "*.btf", "*.tf2", "*.tf8", "*.svs", "*.ndpi", "*.lsm", "*.stk",
        ),
        magic=TIFF_MAGIC,
        read="tiepoint_tomography.tiff:read",
    ),
)  # fmt: skip
