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
    ReaderSpec(
        name="hdf5",
        label="HDF5 and NeXus",
        patterns=("*.h5", "*.hdf5", "*.hdf", "*.he5", "*.nxs", "*.nx", "*.nx5", "*.nexus", "*.cxi"),
        sniff="tiepoint_tomography.hdf5:sniff",
        read="tiepoint_tomography.hdf5:read",
        priority=-5,
    ),
)  # fmt: skip
