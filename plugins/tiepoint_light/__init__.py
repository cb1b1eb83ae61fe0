"""Readers of the light family: pictures."""

from tiepoint.sdk import ReaderSpec

READERS: tuple[ReaderSpec, ...] = (
    ReaderSpec(
        name="picture",
        label="Pictures (PNG, BMP, JPEG, JPEG 2000)",
        patterns=("*.png", "*.bmp", "*.jpg", "*.jpeg", "*.jp2"),
        read="tiepoint_light.picture:read",
    ),
)
