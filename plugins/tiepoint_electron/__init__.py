"""Readers of the electron family: scanning microscopes and what is computed from their images."""

from tiepoint.sdk import ReaderSpec

READERS: tuple[ReaderSpec, ...] = (
    ReaderSpec(
        name="sem",
        label="SEM and FIB images (Thermo Fisher, Zeiss, TESCAN, OpenFIBSEM)",
        patterns=("*.tif", "*.tiff"),
        magic=((0, b"II*\0"), (0, b"MM\0*")),
        sniff="tiepoint_electron.sem:sniff",
        read="tiepoint_electron.sem:read",
        priority=20,
    ),
    ReaderSpec(
        name="sem sidecar",
        label="SEM images with a settings file (JEOL, Hitachi, TESCAN)",
        patterns=("*.tif", "*.tiff", "*.bmp", "*.jpg", "*.jpeg", "*.png"),
        sniff="tiepoint_electron.sem_sidecar:sniff",
        read="tiepoint_electron.sem_sidecar:read",
        priority=10,
    ),
    ReaderSpec(
        name="davis",
        label="DaVis displacement fields",
        patterns=("*.txt", "*.dat"),
        magic=((0, b"#DaVis"),),
        read="tiepoint_electron.davis:read",
    ),
)
