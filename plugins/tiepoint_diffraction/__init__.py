"""Readers of orientation maps and diffraction patterns."""

from tiepoint.sdk import ReaderSpec

READERS: tuple[ReaderSpec, ...] = (
    ReaderSpec(
        name="ebsd-ang",
        label="EDAX orientation map",
        patterns=("*.ang",),
        read="tiepoint_diffraction.readers:read_ang_maps",
        sniff="tiepoint_diffraction.readers:is_ang",
        priority=10,
    ),
    ReaderSpec(
        name="ebsd-ctf",
        label="Oxford channel text file",
        patterns=("*.ctf",),
        read="tiepoint_diffraction.readers:read_ctf_maps",
        magic=((0, b"Channel Text File"), (0, b"\xef\xbb\xbfChannel Text File")),
        priority=10,
    ),
    ReaderSpec(
        name="ebsd-crc",
        label="Oxford Channel 5 map",
        patterns=("*.cpr", "*.crc"),
        read="tiepoint_diffraction.readers:read_crc_maps",
        sniff="tiepoint_diffraction.readers:is_crc",
        priority=10,
    ),
    ReaderSpec(
        name="ebsd-h5",
        label="EDAX or Oxford orientation map in HDF5",
        patterns=("*.h5", "*.hdf5", "*.oh5", "*.h5oina"),
        read="tiepoint_diffraction.readers:read_h5_maps",
        sniff="tiepoint_diffraction.readers:is_h5_scan",
        priority=20,
    ),
    ReaderSpec(
        name="dream3d",
        label="DREAM.3D",
        patterns=("*.dream3d", "*.h5", "*.hdf5"),
        read="tiepoint_diffraction.dream3d:read",
        sniff="tiepoint_diffraction.readers:is_dream3d",
        priority=20,
    ),
    ReaderSpec(
        name="nordif",
        label="NORDIF patterns",
        patterns=("*.dat",),
        sniff="tiepoint_diffraction.nordif:is_nordif",
        read="tiepoint_diffraction.nordif:read",
    ),
    ReaderSpec(
        name="detector frames",
        label="X-ray detector frames (EDF, CBF, MarCCD …)",
        patterns=("*.edf", "*.cbf", "*.mccd", "*.mar2300", "*.mar3450", "*.gfrm", "*.sfrm"),
        read="tiepoint_diffraction.frames:read",
        extra="xray",
    ),
    ReaderSpec(
        name="truepix",
        label="Thermo Fisher TruePix orientation map",
        patterns=("site.json", "*.idx", "PQ.bin"),
        read="tiepoint_diffraction.readers:read_truepix_maps",
        sniff="tiepoint_diffraction.truepix:is_truepix",
        priority=10,
    ),
)
