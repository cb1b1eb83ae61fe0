"""Real files against libraries that read them on their own: shapes, steps and units of each.

Steps are compared as the library states them, in metres or electronvolts, so that a factor of a
thousand or a swapped pair of axes cannot hide in a unit.
"""

import importlib
import re
import struct
import warnings
from xml.etree import ElementTree

import h5py
import numpy as np
import pytest
import SimpleITK
import tifffile
from PIL import Image

from tiepoint.data.opening import open_file

pytestmark = pytest.mark.realdata

FACTORS = {
    "pm": 1e-12, "Å": 1e-10, "A": 1e-10, "nm": 1e-9, "µm": 1e-6, "um": 1e-6, "μm": 1e-6,
    "mm": 1e-3, "cm": 1e-2, "m": 1.0, "eV": 1.0, "keV": 1e3, "1/nm": 1e9, "1/m": 1.0,
}  # fmt: skip
ROSETTA = {
    ".dm3": "digitalmicrograph", ".dm4": "digitalmicrograph", ".bcf": "bruker", ".spx": "bruker",
    ".blo": "blockfile", ".msa": "msa", ".spc": "edax", ".sur": "digitalsurf",
    ".pro": "digitalsurf", ".wdf": "renishaw", ".tvf": "trivista", ".emd": "emd", ".emi": "tia",
}  # fmt: skip
LEFT_OUT = {
    "bcf_v2_50x50px.bcf": "the library gives the cube its pixel height as width",
    "test_fft_packed_complex8.dm4": "a Fourier transform without a unit, and an axis too long",
    "test_RGB.sur": "the library gives colours as records",
    "test_RGBSURFACE.sur": "the library gives colours as records",
}
MOST_BYTES = 4_000_000
FOLDERS = ("ct", "eds", "eels", "cl", "tem", "4dstem", "raman_ir_xps", "holography", "lm",
           "sem_fib", "histology", "multimodal", "landmarks", "afm_profilometry")  # fmt: skip


def length(value, unit):
    """Return a step in SI units; ``None`` where the unit is none of length or energy."""
    factor = FACTORS.get((unit or "").strip())
    return None if factor is None else float(value) * factor


def of_tiff(path):
    with tifffile.TiffFile(path) as file:
        shape = tuple(n for n in file.series[0].shape if n > 1)
        if file.fei_metadata:
            scan = file.fei_metadata.get("Scan") or file.fei_metadata.get("EScan")
            if scan is None:  # of a camera: the library names no pixel size
                return [(shape, "shape only")]
            steps = (scan["PixelHeight"], scan["PixelWidth"])
        elif file.ome_metadata:
            pixels = ElementTree.fromstring(file.ome_metadata).find(".//{*}Pixels").attrib
            stated = [pixels.get(f"PhysicalSize{letter}") for letter in "YX"]
            units = [pixels.get(f"PhysicalSize{letter}Unit", "µm") for letter in "YX"]
            steps = tuple(length(s, u) if s else None for s, u in zip(stated, units, strict=True))
        elif file.is_svs:
            mpp = float(re.search(r"MPP = ([\d.]+)", file.pages[0].description)[1])
            steps = (mpp * 1e-6,) * 2
        elif file.sem_metadata and "ap_image_pixel_size" in file.sem_metadata:
            _, value, unit = file.sem_metadata["ap_image_pixel_size"]
            steps = (length(value, unit),) * 2
        elif 50431 in file.pages[0].tags:
            text = bytes(file.pages[0].tags[50431].value).decode("latin-1")
            steps = tuple(float(re.search(rf"PixelSize{a}=(\S+)", text)[1]) for a in "YX")
        else:
            return [(shape, "shape only")]
    return [(shape, steps)]


def of_itk(path):
    reader = SimpleITK.ImageFileReader()
    reader.SetFileName(str(path))
    reader.ReadImageInformation()
    shape = tuple(n for n in reader.GetSize()[::-1] if n > 1)
    steps = tuple(s * 1e-3 for s in reader.GetSpacing()[::-1])[-len(shape) :]
    unsaid = path.suffix == ".mha" and set(reader.GetSpacing()) == {1.0}
    return [(shape, (None,) * len(shape) if unsaid else steps)]


def of_picture(path):
    with Image.open(path) as picture:
        bands = len(picture.getbands())
        return [((picture.height, picture.width, *([bands] if bands > 1 else [])), (None, None))]


def of_npy(path):
    return [(np.load(path, mmap_mode="r").shape, (None, None))]


def of_mrc(path):
    """Read the header alone: https://www.ccpem.ac.uk/mrc_format/mrc2014.php."""
    head = path.read_bytes()[:1024]
    nx, ny, nz = struct.unpack_from("<3i", head, 0)
    counts = struct.unpack_from("<3i", head, 28)
    cell = struct.unpack_from("<3f", head, 40)
    order = struct.unpack_from("<3i", head, 64)
    by_axis = [
        cell[axis - 1] / counts[axis - 1] * 1e-10 if counts[axis - 1] else 0 for axis in order
    ]
    shape = tuple(n for n in (nz, ny, nx) if n > 1)
    steps = tuple(step if step > 0 else None for step in by_axis[::-1][-len(shape) :])
    return [(shape, steps)]


def of_hyperspy(path):
    found = []
    with h5py.File(path, "r") as file:
        for entry in file["Experiments"].values():
            axes = [entry[f"axis-{n}"].attrs for n in range(entry["data"].ndim)]
            steps = tuple(length(axis["scale"], str(axis["units"])) for axis in axes)
            found.append((entry["data"].shape, steps))
    return found


def of_rosetta(path):
    """Ask RosettaSciIO itself, the whole file at once."""
    plugin = ROSETTA[path.suffix.lower()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        signals = importlib.import_module(f"rsciio.{plugin}").file_reader(str(path))
    found = []
    for signal in signals:
        axes = sorted(signal["axes"], key=lambda axis: axis.get("index_in_array", 0))
        if [axis.get("size") for axis in axes] != list(np.shape(signal["data"])):
            axes = signal["axes"]  # Renishaw's picture: x and y bear each other's number
        steps = tuple(
            length(axis["scale"], str(axis.get("units") or "")) if "scale" in axis else None
            for axis in axes
        )
        found.append((np.shape(signal["data"]), steps))
    return found


def library_for(path):
    suffix = path.suffix.lower()
    if suffix in (".tif", ".tiff", ".svs"):
        return of_tiff
    if suffix in (".mha", ".gz"):
        return of_itk
    if suffix in (".png", ".bmp", ".jpg"):
        return of_picture
    if suffix in (".mrc", ".map") and b"MAP " in path.read_bytes()[:1024]:
        return of_mrc
    if suffix == ".npy":
        return of_npy
    if suffix == ".hspy" or (suffix == ".hdf5" and path.parent.name == "holography"):
        return of_hyperspy
    return of_rosetta if suffix in ROSETTA else None


def disagreement(ours, theirs):
    """Return what differs between our axes and a library's shape and steps; empty if nothing."""
    steps = theirs[1]
    if steps == "shape only":
        return ""
    space = [a for a in ours.axes if a.role == "space"]
    axes = space[-len(steps) :] if len(steps) < len(ours.axes) or ours.rgb else ours.axes
    for axis, step in zip(axes, steps, strict=True):
        own = length(axis.scale, axis.unit)
        if axis.values is not None or (step is None and axis.role != "space"):
            continue
        if (own is None) != (step is None) or (
            step is not None and own != pytest.approx(step, rel=2e-5)
        ):
            return f"{axis.name}: {axis.scale} {axis.unit}, and there {step}"
    return ""


def same_shape(ours, shape, datasets):
    """Whether it is what a library gives: our colours stand last, our channels alone."""
    own = tuple(n for n in ours.array.shape if n > 1)
    there = tuple(n for n in shape if n > 1)
    if ours.rgb:
        return own in (there, (*there, own[-1]), (*there[1:], there[0]))
    return own == there or (own == there[1:] and datasets == there[0])


def test_shapes_steps_and_units_are_those_of_other_libraries(realdata, record_property, capsys):
    compared, wrong = [], []
    for folder in FOLDERS:
        for path in sorted((realdata / folder).rglob("*")):
            if not path.is_file() or path.name in LEFT_OUT or path.stat().st_size > MOST_BYTES:
                continue
            if re.match(r"raw_000[1-9]|raw_0000[1-9]", path.name):
                continue  # one of a series of forty will do
            library = library_for(path)
            if library is None:
                continue
            drafts = open_file(path)[1]
            for theirs in library(path):
                same = [d for d in drafts if same_shape(d, theirs[0], len(drafts))]
                differences = [disagreement(d, theirs) for d in same]
                if not same or all(differences):
                    wrong.append((str(path.relative_to(realdata)), theirs, differences or "shape"))
            compared.append(path.name)
    with capsys.disabled():
        print(f"\n{len(compared)} real files compared with other libraries")  # noqa: T201
    record_property("files", len(compared))
    assert not wrong, "\n".join(map(str, wrong))
    assert len(compared) >= 60
