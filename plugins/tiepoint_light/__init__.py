"""Readers of the light family: pictures, and the files of light microscopes."""

from tiepoint.sdk import ReaderSpec

READERS: tuple[ReaderSpec, ...] = (
    ReaderSpec(
        name="picture",
        label="Pictures (PNG, BMP, JPEG, JPEG 2000)",
        patterns=("*.png", "*.bmp", "*.jpg", "*.jpeg", "*.jp2"),
        read="tiepoint_light.picture:read",
    ),
    ReaderSpec(
        name="czi",
        label="Zeiss CZI",
        patterns=("*.czi",),
        magic=((0, b"ZISRAWFILE"),),
        read="tiepoint_light.czi:read",
        extra="bio",
    ),
    ReaderSpec(
        name="lif",
        label="Leica LIF",
        patterns=("*.lif",),
        magic=((0, b"\x70\0\0\0"),),
        read="tiepoint_light.lif:read",
        extra="bio",
    ),
    ReaderSpec(
        name="nd2",
        label="Nikon ND2",
        patterns=("*.nd2",),
        read="tiepoint_light.nikon:read",
        extra="bio",
    ),
)
