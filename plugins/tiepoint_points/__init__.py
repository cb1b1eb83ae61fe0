"""Readers of localisations and other tables of points."""

from tiepoint.sdk import ReaderSpec

READERS: tuple[ReaderSpec, ...] = (
    ReaderSpec(
        name="picasso",
        label="Picasso localisations",
        patterns=("*.hdf5", "*.h5"),
        magic=((0, b"\x89HDF\r\n\x1a\n"),),
        sniff="tiepoint_points.picasso:is_picasso",
        read="tiepoint_points.picasso:read",
        priority=10,
    ),
    ReaderSpec(
        name="picasso settings",
        label="Picasso settings",
        patterns=("*.yaml", "*.yml"),
        sniff="tiepoint_points.picasso:is_settings",
        read="tiepoint_points.picasso:refuse_settings",
    ),
    ReaderSpec(
        name="point table",
        label="Table of points (ThunderSTORM and others)",
        patterns=("*.csv", "*.tsv", "*.txt"),
        sniff="tiepoint_points.table:is_table",
        read="tiepoint_points.table:read",
    ),
)
