"""Readers of surfaces: probe microscopes and optical profilers."""

from tiepoint.sdk import ReaderSpec

READERS: tuple[ReaderSpec, ...] = (
    ReaderSpec(
        name="gwyddion",
        label="Gwyddion",
        patterns=("*.gwy",),
        magic=((0, b"GWYP"), (0, b"GWYQ")),
        read="tiepoint_surface.gwy:read",
    ),
    ReaderSpec(
        name="jpk",
        label="JPK image",
        patterns=("*.jpk", "*.jpk-qi-image", "*.jpk-force-map-image"),
        magic=((0, b"MM\0*"), (0, b"II*\0")),
        read="tiepoint_surface.jpk:read",
    ),
    ReaderSpec(
        name="nanoscope",
        label="Bruker NanoScope",
        patterns=("*.spm", "*.[0-9][0-9][0-9]"),
        sniff="tiepoint_surface.nanoscope:is_nanoscope",
        read="tiepoint_surface.nanoscope:read",
    ),
    ReaderSpec(
        name="nanosurf",
        label="Nanosurf",
        patterns=("*.nid",),
        magic=((0, b"[DataSet]"),),
        read="tiepoint_surface.nid:read",
    ),
    ReaderSpec(
        name="wsxm",
        label="WSxM",
        patterns=("*.top", "*.stp", "*.[fb].top"),
        magic=((0, b"WSxM file copyright"),),
        read="tiepoint_surface.wsxm:read",
    ),
    ReaderSpec(
        name="opd",
        label="Wyko and Veeco OPD",
        patterns=("*.opd",),
        magic=((0, b"\x01\0Directory"),),
        read="tiepoint_surface.profilers:read_opd",
    ),
    ReaderSpec(
        name="nms",
        label="Nanofocus µsurf",
        patterns=("*.nms",),
        magic=((32, b"OM_MS_2.0"),),
        read="tiepoint_surface.profilers:read_nms",
    ),
    ReaderSpec(
        name="igor",
        label="Igor binary wave (Asylum Research)",
        patterns=("*.ibw",),
        sniff="tiepoint_surface.igor:is_igor",
        read="tiepoint_surface.igor:read",
        extra="surface",
    ),
    ReaderSpec(
        name="topostats",
        label="TopoStats",
        patterns=("*.topostats",),
        magic=((0, b"\x89HDF\r\n\x1a\n"),),
        read="tiepoint_surface.topostats:read",
    ),
)
