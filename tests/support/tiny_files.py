"""Tiny, non-square files of every format, each with the values that it must give back."""

import json
import struct
from dataclasses import dataclass, field

import h5py
import numpy as np
import tifffile

RNG = np.random.default_rng(20260101)
VOLUME = RNG.integers(0, 60000, (5, 21, 34), dtype=np.uint16)
IMAGE = VOLUME[0]
BYTES = RNG.integers(0, 255, (21, 34), dtype=np.uint8)
COLOUR = RNG.integers(0, 255, (21, 34, 3), dtype=np.uint8)
FLOATS = RNG.normal(size=(5, 21, 34)).astype(np.float32)
CHANNELS = RNG.integers(0, 60000, (2, 3, 21, 34), dtype=np.uint16)

MAKERS = {}


@dataclass(frozen=True)
class Tiny:
    """A file that was made, the reader that must open it, and its datasets' values in order."""

    path: object
    reader: str
    values: list
    unit: str | None = None
    steps: tuple = ()
    extra: dict = field(default_factory=dict)


def maker(function):
    MAKERS[function.__name__] = function
    return function


@maker
def tiff_plain(folder):
    path = folder / "plain.tif"
    tifffile.imwrite(path, IMAGE, photometric="minisblack", resolution=(300, 300))
    return Tiny(path, "tiff", [IMAGE])


@maker
def tiff_stack_packed(folder):
    path = folder / "stack.tif"
    with tifffile.TiffWriter(path) as writer:
        for page in VOLUME:
            writer.write(page, compression="zlib", photometric="minisblack", contiguous=False)
    return Tiny(path, "tiff", [VOLUME])


@maker
def tiff_big_endian(folder):
    path = folder / "big endian.tif"
    tifffile.imwrite(path, VOLUME, byteorder=">", photometric="minisblack", bigtiff=True)
    return Tiny(path, "tiff", [VOLUME])


@maker
def tiff_imagej(folder):
    path = folder / "imagej.tif"
    tifffile.imwrite(
        path, VOLUME, imagej=True, resolution=(4.0, 2.0),
        metadata={"axes": "ZYX", "unit": "\\u00B5m", "spacing": 1.5},
    )  # fmt: skip
    return Tiny(path, "tiff", [VOLUME], "µm", (1.5, 0.5, 0.25))


@maker
def tiff_colour_planes(folder):
    path = folder / "planes.tif"
    tifffile.imwrite(
        path, np.moveaxis(COLOUR, -1, 0), photometric="rgb", planarconfig="separate",
        compression="lzw",
    )  # fmt: skip
    return Tiny(path, "tiff", [COLOUR])


@maker
def tiff_ome_channels(folder):
    path = folder / "two.ome.tif"
    metadata = {
        "axes": "CZYX", "PhysicalSizeX": 130.0, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": 0.12,
        "PhysicalSizeYUnit": "µm", "PhysicalSizeZ": 0.3, "PhysicalSizeZUnit": "µm",
        "Channel": {"Name": ["DAPI", "GFP"]},
    }  # fmt: skip
    with tifffile.TiffWriter(path, ome=True) as writer:
        options = {"photometric": "minisblack", "tile": (16, 16), "compression": "zlib"}
        writer.write(CHANNELS, subifds=1, metadata=metadata, **options)
        writer.write(CHANNELS[..., ::2, ::2], subfiletype=1, **options)
    return Tiny(path, "tiff", [CHANNELS[0], CHANNELS[1]], "nm", (300.0, 120.0, 130.0))


@maker
def tiff_described(folder):
    path = folder / "described.tif"
    tifffile.imwrite(
        path, VOLUME, photometric="minisblack",
        metadata={"axes": "ZYX", "PixelSize": 80, "spacing": 200, "unit": "nm"},
    )  # fmt: skip
    return Tiny(path, "tiff", [VOLUME], "nm", (200.0, 80.0, 80.0))


@maker
def tiff_thermo(folder):
    path = folder / "thermo.tif"
    text = (
        "[User]\r\nUser=anna\r\n[System]\r\nSystemType=Helios\r\n[Beam]\r\nBeam=IBeam\r\n"
        "Scan=IScan\r\n[IBeam]\r\nHV=30000\r\nHFW=6.8e-05\r\nWD=0.0165\r\n"
        "[Scan]\r\nPixelWidth=2e-06\r\nPixelHeight=2e-06\r\nDwelltime=1e-06\r\n"
        "[Stage]\r\nStageX=0.001\r\nStageY=-0.002\r\nStageZ=0.004\r\n"
        "StageR=1.5707963267948966\r\nStageT=0.5235987755982988\r\n"
        "[Image]\r\nResolutionX=34\r\nResolutionY=18\r\n[Detectors]\r\nName=ETD\r\n"
    )
    tifffile.imwrite(path, BYTES, extratags=[(34682, 2, 0, text, True)], metadata=None)
    return Tiny(path, "sem", [BYTES], "µm", (2.0, 2.0))


@maker
def tiff_tescan(folder):
    path = folder / "tescan.tif"
    text = b"\x10\x20\x00\x00preview\nPixelSizeX=2.5e-9\nPixelSizeY=2.5e-9\nImageStripSize=4\n\0"
    text += b"HV=10.0e3\nStageX=5.1e-3\nStageTilt=12.0\nWD=13.25e-3\nDetector=SE\n"
    tifffile.imwrite(path, BYTES, extratags=[(50431, 1, len(text), text, True)], metadata=None)
    return Tiny(path, "sem", [BYTES], "nm", (2.5, 2.5))


@maker
def tiff_openfibsem(folder):
    path = folder / "fibsem.tif"
    said = {
        "image": {"beam_type": "ION", "hfw": 0.00015, "dwell_time": 1e-6},
        "pixel_size": {"x": 5e-8, "y": 5e-8},
        "microscope_state": {
            "timestamp": 1705987635.2,
            "stage_position": {"x": 1e-3, "y": 2e-3, "z": 3e-3, "r": 0.0, "t": 0.1},
            "ion_beam": {"working_distance": 0.0165, "voltage": 30000, "beam_current": 2e-11},
        },
    }
    tifffile.imwrite(path, BYTES, description=json.dumps(said), metadata=None)
    return Tiny(path, "sem", [BYTES], "nm", (50.0, 50.0))


@maker
def jeol_sidecar(folder):
    from PIL import Image

    path = folder / "jeol.bmp"
    Image.fromarray(BYTES).save(path)
    (folder / "jeol.txt").write_text(
        "$CM_FORMAT BMP\n$CM_MAG 5000\n$CM_ACCEL_VOLT 15.00\n$CM_FULL_SIZE 34 18\n$CM_SIGNAL SEI\n"
        "$CM_STAGE_POS 16.5407 19.9220 11.0355 0 0 0\n$$SM_MICRON_BAR 20\n"
        "$$SM_MICRON_MARKER 5um\n$$SM_WD 9.9\n"
    )
    return Tiny(path, "sem sidecar", [BYTES], "nm", (250.0, 250.0))


@maker
def hitachi_sidecar(folder):
    path = folder / "hitachi.tif"
    tifffile.imwrite(path, BYTES)
    (folder / "hitachi.txt").write_text(
        "[SemImageFile]\r\nInstructName=SU8000\r\nDataSize=34x21\r\nPixelSize=24.8\r\n"
        "Magnification=4000\r\nAcceleratingVoltage=5000 Volt\r\nWorkingDistance=8100 um\r\n"
        "StagePositionX=45500000\r\nStagePositionY=1200000\r\nSignalName=SE\r\n",
        encoding="utf-16",
    )
    return Tiny(path, "sem sidecar", [BYTES], "nm", (24.8, 24.8))


@maker
def nexus_map(folder):
    path = folder / "map.nxs"
    spectra = RNG.integers(0, 99, (7, 9, 12)).astype(np.uint32)
    with h5py.File(path, "w", userblock_size=8192) as file:
        entry = file.create_group("entry")
        entry.attrs["NX_class"] = "NXentry"
        data = entry.create_group("map")
        data.attrs.update({"NX_class": "NXdata", "signal": "counts"})
        data.attrs["axes"] = ["stage_y", "stage_x", "energy"]
        data["counts"] = spectra
        data["stage_y"] = 10 + 0.5 * np.arange(7)
        data["stage_x"] = -3 + 0.25 * np.arange(9)
        data["energy"] = np.array([1.0, 2, 4, 7, 11, 16, 22, 29, 37, 46, 56, 67])
        data["stage_y"].attrs["units"] = "um"
        data["stage_x"].attrs["units"] = b"\xce\xbcm"
        data["energy"].attrs["units"] = "keV"
    return Tiny(path, "hdf5", [spectra], "µm", (0.5, 0.25))


@maker
def nexus_old_style(folder):
    path = folder / "old.nxs"
    with h5py.File(path, "w") as file:
        data = file.create_group("entry/data")
        data.attrs["NX_class"] = b"NXdata"
        data["counts"] = IMAGE
        data["counts"].attrs["signal"] = 1
        for number, (name, size) in enumerate((("y", 21), ("x", 34)), start=1):
            data[name] = 2.0 * np.arange(size)
            data[name].attrs.update({"axis": number, "units": "mm"})
    return Tiny(path, "hdf5", [IMAGE], "mm", (2.0, 2.0))


@maker
def hdf5_packed(folder):
    import hdf5plugin

    path = folder / "packed.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("a/volume2", data=VOLUME, chunks=(1, 21, 34), **hdf5plugin.Zstd())
        file.create_dataset("a/volume10", data=FLOATS, compression="gzip")
        file["a/table"] = np.zeros((100, 3))
    return Tiny(path, "hdf5", [VOLUME, FLOATS])


@maker
def hdf5_element_size(folder):
    path = folder / "sized.h5"
    with h5py.File(path, "w") as file:
        file["volume"] = VOLUME
        file["volume"].attrs["element_size_um"] = [2.0, 0.5, 0.25]
    return Tiny(path, "hdf5", [VOLUME], "µm", (2.0, 0.5, 0.25))


def _zarr(path, version, values, store=None):
    import zarr

    target = store or str(path)
    group = zarr.open_group(target, mode="w", zarr_format=2 if version == "0.4" else 3)
    levels = [values, values[..., ::2, ::2]]
    for number, level in enumerate(levels):
        array = group.create_array(str(number), shape=level.shape, dtype=level.dtype,
                                   chunks=(1, 1, 16, 16))  # fmt: skip
        array[...] = level
    axes = [{"name": "c", "type": "channel"}]
    axes += [{"name": n, "type": "space", "unit": "micrometer"} for n in "zyx"]
    placed = [(1.0, 0.0), (2.0, 0.05)]
    multiscale = {
        "name": "cells", "axes": axes,
        "datasets": [
            {
                "path": str(number),
                "coordinateTransformations": [
                    {"type": "scale", "scale": [1.0, 0.5, 0.1 * factor, 0.1 * factor]},
                    {"type": "translation", "translation": [0.0, 7.0, start, start]},
                ],
            }
            for number, (factor, start) in enumerate(placed)
        ],
    }  # fmt: skip
    omero = {"channels": [{"label": "red"}, {"label": "green"}]}
    if version == "0.4":
        group.attrs.update({"multiscales": [{**multiscale, "version": "0.4"}], "omero": omero})
    else:
        group.attrs["ome"] = {"version": "0.5", "multiscales": [multiscale], "omero": omero}


@maker
def zarr_04(folder):
    path = folder / "cells.ome.zarr"
    _zarr(path, "0.4", CHANNELS)
    return Tiny(path, "ome-zarr", [CHANNELS[0], CHANNELS[1]], "µm", (0.5, 0.1, 0.1))


@maker
def zarr_05(folder):
    path = folder / "cells5.ome.zarr"
    _zarr(path, "0.5", CHANNELS)
    return Tiny(path, "ome-zarr", [CHANNELS[0], CHANNELS[1]], "µm", (0.5, 0.1, 0.1))


@maker
def zarr_zipped(folder):
    import zarr

    path = folder / "cells.ozx"
    store = zarr.storage.ZipStore(str(path), mode="w")
    _zarr(path, "0.5", CHANNELS, store)
    store.close()
    return Tiny(path, "ome-zarr", [CHANNELS[0], CHANNELS[1]], "µm", (0.5, 0.1, 0.1))


def write_itk(path, values, spacing, packed=False):
    import SimpleITK

    image = SimpleITK.GetImageFromArray(values)
    image.SetSpacing(spacing)
    SimpleITK.WriteImage(image, str(path), packed)
    return path


@maker
def mha_plain(folder):
    return Tiny(write_itk(folder / "a.mha", VOLUME, (1.0, 1.0, 1.0)), "itk", [VOLUME])


@maker
def mha_packed(folder):
    path = write_itk(folder / "b.mha", VOLUME, (0.01, 0.02, 0.03), packed=True)
    return Tiny(path, "itk", [VOLUME], "mm", (0.03, 0.02, 0.01))


@maker
def mhd_raw(folder):
    path = write_itk(folder / "c.mhd", FLOATS, (0.01, 0.02, 0.03))
    return Tiny(path, "itk", [FLOATS], "mm", (0.03, 0.02, 0.01))


@maker
def nrrd_units(folder):
    path = folder / "d.nrrd"
    head = (
        "NRRD0004\ntype: uint16\ndimension: 3\nsizes: 34 21 5\nspacings: 0.2 0.3 0.4\n"
        'units: "um" "um" "um"\nendian: little\nencoding: raw\n\n'
    )
    path.write_bytes(head.encode() + VOLUME.tobytes())
    return Tiny(path, "itk", [VOLUME], "µm", (0.4, 0.3, 0.2))


@maker
def nifti_plain(folder):
    path = write_itk(folder / "e.nii", FLOATS, (0.5, 0.25, 2.0))
    return Tiny(path, "itk", [FLOATS], "mm", (2.0, 0.25, 0.5))


@maker
def nifti_packed(folder):
    path = write_itk(folder / "f.nii.gz", VOLUME, (0.5, 0.25, 2.0))
    return Tiny(path, "itk", [VOLUME], "mm", (2.0, 0.25, 0.5))


@maker
def dicom_series(folder):
    import SimpleITK

    path = folder / "series"
    path.mkdir()
    writer = SimpleITK.ImageFileWriter()
    writer.KeepOriginalImageUIDOn()
    for number, page in enumerate(VOLUME):
        image = SimpleITK.GetImageFromArray(page[None])
        image.SetSpacing((0.5, 0.25, 2.0))
        tags = {
            "0008|0060": "CT", "0020|000e": "1.2.3", "0020|000d": "1.2.4",
            "0020|0013": str(number + 1), "0020|0032": f"0\\0\\{2 * number}",
            "0020|0037": "1\\0\\0\\0\\1\\0", "0008|0018": f"1.2.5.{number}",
        }  # fmt: skip
        for tag, value in tags.items():
            image.SetMetaData(tag, value)
        writer.SetFileName(str(path / f"slice{number}.dcm"))
        writer.Execute(image)
    return Tiny(path, "dicom series", [VOLUME], "mm", (2.0, 0.25, 0.5))


def compound_file(streams):
    """Return the bytes of a compound file whose streams all lie in whole sectors."""
    names = sorted({name.partition("/")[0] for name in streams})
    entries = [("Root Entry", 5, -1, -1, 1, 0xFFFFFFFE, 0)]
    layout, sectors = [], []
    for number, storage in enumerate(names):
        inner = [n for n in streams if n.partition("/")[0] == storage]
        here = len(entries)
        after = here + len(inner) + 1 if number + 1 < len(names) else -1
        entries.append((storage, 1, -1, after, here + 1, 0, 0))
        for at, name in enumerate(inner):
            right = here + 2 + at if at + 1 < len(inner) else -1
            layout.append((len(entries), streams[name]))
            entries.append((name.partition("/")[2], 2, -1, right, -1, 0, len(streams[name])))
    table, blocks = [], []
    for index, data in layout:
        pieces = [data[i : i + 512].ljust(512, b"\0") for i in range(0, len(data), 512)]
        start = len(table)
        table += [start + i + 1 for i in range(len(pieces) - 1)] + [0xFFFFFFFE]
        entries[index] = (*entries[index][:5], start, entries[index][6])
        blocks += pieces
    directory = b"".join(_node(*entry) for entry in entries)
    directory = directory.ljust(-(-len(directory) // 512) * 512, b"\0")
    first = len(table)
    count = len(directory) // 512
    table += [first + i + 1 for i in range(count - 1)] + [0xFFFFFFFE]
    blocks += [directory[i : i + 512] for i in range(0, len(directory), 512)]
    fat_at = len(table)
    fats = 1
    while fats * 128 < len(table) + fats:
        fats += 1
    table += [0xFFFFFFFD] * fats
    table += [0xFFFFFFFF] * (fats * 128 - len(table))
    sectors = b"".join(blocks) + struct.pack(f"<{len(table)}I", *table)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH", 62, 3, 0xFFFE, 9, 6) + bytes(6)
    none = 0xFFFFFFFE
    header += struct.pack("<IIIIIIIII", 0, fats, first, 0, 0, none, 0, none, 0)
    places = [fat_at + i for i in range(fats)] + [0xFFFFFFFF] * (109 - fats)
    return header + struct.pack("<109I", *places) + sectors


def _node(name, kind, left, right, child, start, size):
    text = name.encode("utf-16-le") + b"\0\0"
    links = [n & 0xFFFFFFFF for n in (left, right, child)]
    return (
        text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1)
        + struct.pack("<III", *links) + bytes(36) + struct.pack("<IQ", start, size)
    )  # fmt: skip


@maker
def xradia(folder):
    path = folder / "scan.txrm"
    streams = {
        "ImageInfo/ImageWidth": struct.pack("<i", 34),
        "ImageInfo/ImageHeight": struct.pack("<i", 21),
        "ImageInfo/DataType": struct.pack("<i", 5),
        "ImageInfo/NoOfImages": struct.pack("<i", 5),
        "ImageInfo/PixelSize": struct.pack("<f", 0.75),
        "ImageInfo/Angles": np.linspace(-10, 10, 5, dtype="<f4").tobytes(),
        "ImageInfo/XPosition": struct.pack("<f", 1500.0),
    }
    streams |= {f"ImageData1/Image{i + 1}": page.tobytes() for i, page in enumerate(VOLUME)}
    path.write_bytes(compound_file(streams))
    return Tiny(path, "xradia", [VOLUME], "µm", (0.75, 0.75))


@maker
def npy_c(folder):
    path = folder / "c order.npy"
    np.save(path, FLOATS)
    return Tiny(path, "numpy", [FLOATS])


@maker
def npy_fortran(folder):
    path = folder / "fortran.npy"
    np.save(path, np.asfortranarray(VOLUME))
    return Tiny(path, "numpy", [VOLUME])


@maker
def png_grey16(folder):
    from PIL import Image

    path = folder / "grey.png"
    Image.fromarray(IMAGE).save(path, dpi=(300, 300))
    return Tiny(path, "picture", [IMAGE])


@maker
def png_colour16(folder):
    import imagecodecs

    path = folder / "deep.png"
    deep = COLOUR.astype(np.uint16) * 257 - 3
    path.write_bytes(imagecodecs.png_encode(deep))
    return Tiny(path, "picture", [deep])


@maker
def png_palette(folder):
    from PIL import Image

    path = folder / "palette.png"
    flat = Image.fromarray(COLOUR // 64 * 64).quantize(64)
    flat.save(path)
    return Tiny(path, "picture", [np.asarray(flat.convert("RGB"))])


@maker
def bmp(folder):
    from PIL import Image

    path = folder / "colour.bmp"
    Image.fromarray(COLOUR).save(path)
    return Tiny(path, "picture", [COLOUR])


@maker
def jpeg(folder):
    from PIL import Image

    path = folder / "photo.jpg"
    Image.fromarray(COLOUR).save(path, quality=95)
    return Tiny(path, "picture", [np.asarray(Image.open(path))])


@maker
def davis(folder):
    path = folder / "field.txt"
    y, x = np.mgrid[0:4, 0:6]
    u, v = 0.5 * x + 0.1 * y, 0.2 * y - 3.0
    lines = ['#DaVis 8.4.0 2D-vector 12 4 6 "" "pixel" "" "pixel" "displacement" "pixel"']
    lines += [
        f"{6 + 12 * i}\t{6 + 12 * j}\t{u[j, i]:.4f}\t{v[j, i]:.4f}"
        for j in range(4)
        for i in range(6)
    ]
    path.write_text("\n".join(lines) + "\n")
    shear = np.full((4, 6), np.hypot((0.5 - 0.2) / 24, 0.1 / 24))
    values = [a.astype(np.float32) for a in (u, v, np.hypot(u, v), shear)]
    return Tiny(path, "davis", values, extra={"tolerance": 1e-6})


@maker
def image_folder(folder):
    path = folder / "slices"
    path.mkdir()
    for number, page in enumerate(VOLUME):
        tifffile.imwrite(path / f"slice_{number + 8}.tif", page)
    return Tiny(path, "image folder", [VOLUME])
