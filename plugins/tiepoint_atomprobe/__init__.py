"""Readers of atom-probe reconstructions."""

from tiepoint.sdk import ReaderSpec

READERS: tuple[ReaderSpec, ...] = (
    ReaderSpec(
        name="apt-pos",
        label="Atom-probe positions (POS)",
        patterns=("*.pos",),
        read="tiepoint_atomprobe.reader:read_pos",
    ),
    ReaderSpec(
        name="apt-epos",
        label="Atom-probe extended positions (ePOS)",
        patterns=("*.epos",),
        read="tiepoint_atomprobe.reader:read_epos",
    ),
    ReaderSpec(
        name="apt",
        label="CAMECA APT",
        patterns=("*.apt",),
        magic=((0, b"APT\0"),),
        read="tiepoint_atomprobe.reader:read_apt",
    ),
    ReaderSpec(
        name="apt-ranges",
        label="Atom-probe ranges",
        patterns=("*.rrng", "*.rng", "*.env"),
        read="tiepoint_atomprobe.reader:refuse_ranges",
    ),
)
