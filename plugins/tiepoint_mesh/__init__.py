"""Readers of meshes."""

from tiepoint.sdk import ReaderSpec

READERS: tuple[ReaderSpec, ...] = (
    ReaderSpec(
        name="mesh",
        label="Mesh (STL, PLY, OBJ)",
        patterns=("*.stl", "*.ply", "*.obj"),
        read="tiepoint_mesh.surface:read",
        extra="mesh",
    ),
)
