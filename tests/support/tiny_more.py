"""Tiny files of meshes, raw volumes, spectra and patterns."""

import h5py
import numpy as np
from tiny_files import RNG, VOLUME, Tiny, maker, write_itk

COUNTS = RNG.integers(0, 900, (2, 64)).astype(float)
CUBE = RNG.integers(0, 4000, (9, 11, 7), dtype=np.uint16)  # y, x, band


@maker
def vgstudio(folder):
    path = folder / "scan.vgi"
    (folder / "scan.vol").write_bytes(VOLUME.tobytes())
    path.write_text(
        "{volume1}\n[file1]\nFileType = raw\nSize = 34 21 5\nDatatype = unsigned integer\n"
        "BitsPerElement = 16\nName = C:\\data\\scan.vol\n{volumeprimitive12}\n[geometry]\n"
        "resolution = 0.005 0.005 0.006\nunit = mm\n"
    )
    return Tiny(path, "vgi", [VOLUME], "mm", (0.006, 0.005, 0.005), {"lines": True})


@maker
def nordif(folder):
    path = folder / "Pattern.dat"
    patterns = RNG.integers(0, 255, (2, 3, 7, 5), dtype=np.uint8)
    path.write_bytes(patterns.tobytes())
    (folder / "Setting.txt").write_bytes(
        "[NORDIF]\t\t\n[Microscope]\t\t\nTilt angle\t70\t°\n[Acquisition settings]\t\t\n"
        "Resolution\t5x7\tpx\n[Area]\t\t\nStep size\t1.500\tµm\n"
        "Number of samples\t3x2\t#\n".encode("latin-1")
    )
    return Tiny(path, "nordif", [patterns], "µm", (1.5, 1.5), {"no head": True})


@maker
def envi(folder):
    path = folder / "cube.hdr"
    (folder / "cube.bil").write_bytes(CUBE.transpose(0, 2, 1).astype(">u2").tobytes())
    path.write_text(
        "ENVI\nsamples = 11\nlines = 9\nbands = 7\ndata type = 12\ninterleave = bil\n"
        "byte order = 1\nmap info = {Arbitrary, 1, 1, 0, 0, 2.5, 2.5, 0, units=Micrometers}\n"
        "wavelength units = nm\nwavelength = {400,\n 410, 420, 430, 440, 450, 460}\n"
    )
    return Tiny(path, "envi", [CUBE], "µm", (2.5, 2.5), {"lines": True})


@maker
def mca(folder):
    path = folder / "two.mca"
    rows = "\n".join(f" {a:.0f} {b:.0f}" for a, b in COUNTS.T)
    path.write_text(
        "VERSION:    3.1\nELEMENTS:   2\nDATE:       Jan 30, 2013\nCHANNELS:   64\n"
        f"CAL_OFFSET: -0.01 0.0\nCAL_SLOPE: 0.02 0.03\nDATA: \n{rows}\n"
    )
    return Tiny(path, "mca", list(COUNTS), "keV")


@maker
def ptir(folder):
    path = folder / "images.ptir"
    values = RNG.normal(size=(21, 34)).astype(np.float32)
    with h5py.File(path, "w") as file:
        file.attrs["SoftwareVersion"] = np.bytes_(b"PTIR Studio 4.6")
        item = file.create_dataset("Heightmaps/Heightmap_000", data=values)
        item.attrs.update(SizeWidth=[6.8], SizeHeight=[4.2], PositionX=[100.0], PositionY=[-50.0])
    return Tiny(path, "ptir", [values], "µm", (0.2, 0.2))


@maker
def detector_frames(folder):
    from fabio.edfimage import EdfImage

    path = folder / "frame.edf"
    EdfImage(data=VOLUME[0].astype(np.int32), header={"count_time": "1"}).write(str(path))
    return Tiny(path, "detector frames", [VOLUME[0].astype(np.int32)], None)


@maker
def nifti_pair(folder):
    write_itk(folder / "g.img", VOLUME, (0.5, 0.25, 2.0))
    return Tiny(folder / "g.hdr", "nifti pair", [VOLUME], "mm", (2.0, 0.25, 0.5))
