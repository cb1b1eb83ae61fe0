"""Tiny files of probe microscopes and profilers, each with the heights that it must give back."""

import struct

import h5py
import numpy as np
import tifffile
from tiny_files import RNG, Tiny, maker

ROWS, COLUMNS = 21, 34
HEIGHTS = RNG.normal(size=(ROWS, COLUMNS))
COUNTS = RNG.integers(-30000, 30000, (ROWS, COLUMNS), dtype=np.int16)
LONGS = RNG.integers(-(2**30), 2**30, (ROWS, COLUMNS), dtype=np.int32)
CLOSE = {"tolerance": 1e-5}


@maker
def gwyddion(folder):
    from gwyfile.objects import GwyContainer, GwyDataField

    path = folder / "field.gwy"
    tree = GwyContainer()
    for number, values in enumerate((HEIGHTS, -HEIGHTS)):
        tree[f"/{number}/data/title"] = ("Topography", "Phase")[number]
        tree[f"/{number}/data"] = GwyDataField(
            values, xreal=3.4e-6, yreal=4.2e-6, xoff=1e-6, si_unit_xy="m", si_unit_z="m"
        )
    tree.tofile(str(path))
    return Tiny(path, "gwyddion", [HEIGHTS, -HEIGHTS], "nm", (200.0, 100.0))


NANOSCOPE = """\\*File list
\\Version: 0x09300201
\\Date: 09:57:48 AM Tue Jan 12 2016
\\*Scanner list
\\@Sens. Zsens: V 20.0 nm/V
\\*Ciao scan list
\\Scan Size: 6.8 ~m
\\Samps/line: 34
\\*Ciao image list
\\Data offset: 2048
\\Data length: 1428
\\Bytes/pixel: 2
\\Samps/line: 34
\\Number of lines: 21
\\Scan Size: 6.8 4.2 ~m
\\@2:Image Data: S [Height] "Height Sensor"
\\@2:Z scale: V [Sens. Zsens] (0.005035400 V/LSB) 3.0 V
\\*Ciao image list
\\Data offset: 3476
\\Data length: 2856
\\Bytes/pixel: 2
\\Samps/line: 34
\\Number of lines: 21
\\Scan Size: 6.8 4.2 ~m
\\@3:Image Data: S [Phase] "Phase"
\\@3:Z scale: V [] (0.005 V/LSB) 180.0 \xb0
\\*File list end
"""


@maker
def nanoscope(folder):
    path = folder / "scan.spm"
    head = NANOSCOPE.replace("\n", "\r\n").encode("latin-1")
    path.write_bytes(head.ljust(2048, b"\0") + COUNTS.tobytes() + LONGS.tobytes())
    values = [COUNTS * (3.0 * 20 / 2**16), LONGS * (180.0 / 2**32)]
    return Tiny(path, "nanoscope", values, "µm", (-0.2, 0.2), CLOSE)


@maker
def nanosurf(folder):
    path = folder / "scan.nid"
    channel = (
        "Points=34\r\nLines=21\r\nFrame=Scan forward\r\nDim0Name=X-Axis\r\nDim0Unit=m\r\n"
        "Dim0Range=6.8e-06\r\nDim0Min=0\r\nDim1Unit=m\r\nDim1Range=4.2e-06\r\nDim1Min=0\r\n"
        "Dim2Name=Z-Axis\r\nDim2Unit=m\r\nDim2Range=1e-06\r\nDim2Min=-5e-07\r\nSaveMode=Binary\r\n"
        "SaveSign=Signed\r\nSaveOrder=Intel\r\n"
    )
    head = (
        "[DataSet]\r\nVersion=2\r\nGroupCount=1\r\nGr0-Name=Scan\r\nGr0-Count=2\r\n"
        "Gr0-Ch0=DataSet-0:0\r\nGr0-Ch1=DataSet-0:1\r\n"
        f"[DataSet-0:0]\r\nSaveBits=32\r\n{channel}[DataSet-0:1]\r\nSaveBits=16\r\n{channel}\r\n#!"
    )
    path.write_bytes(head.encode() + LONGS.tobytes() + COUNTS.tobytes())
    values = [LONGS * (1e-6 / 2**32), COUNTS * (1e-6 / 2**16)]
    return Tiny(path, "nanosurf", values, "nm", (-200.0, 200.0), {"tolerance": 1e-12})


@maker
def jpk(folder):
    path = folder / "scan.jpk"
    with tifffile.TiffWriter(path, byteorder=">") as writer:
        grid = [
            (0x8000, 2, 0, "2.0", True), (0x8040, 12, 1, 1e-6, True), (0x8041, 12, 1, 2e-6, True),
            (0x8042, 12, 1, 6.8e-6, True), (0x8043, 12, 1, 4.2e-6, True),
        ]  # fmt: skip
        writer.write(np.zeros((8, 8), np.uint8), extratags=grid, metadata=None)
        slots = [
            (0x8052, 2, 0, "Height", True), (0x8080, 9, 1, 2, True), (0x8081, 2, 0, "real", True),
            (0x8090, 2, 0, "raw", True), (0x80C0, 2, 0, "real", True),
            (0x80C0 + 0x12, 2, 0, "m", True), (0x80C0 + 0x13, 2, 0, "LinearScaling", True),
            (0x80C0 + 0x14, 12, 1, 1e-12, True), (0x80C0 + 0x15, 12, 1, 3e-6, True),
        ]  # fmt: skip
        writer.write(LONGS, extratags=slots, metadata=None)
    return Tiny(path, "jpk", [LONGS * 1e-12 + 3e-6], "nm", (-200.0, 200.0), {"tolerance": 1e-9})


@maker
def wsxm(folder):
    path = folder / "scan.top"
    text = (
        "WSxM file copyright UAM\r\nSxM Image file\r\nImage header size: 400\r\n[Control]\r\n\r\n"
        "    X Amplitude: 6.8 µm\r\n    Y Amplitude: 4.2 µm\r\n[General Info]\r\n\r\n"
        "    Acquisition channel: Topography\r\n    Number of columns: 34\r\n"
        "    Number of rows: 21\r\n    Z Amplitude: 59.5 nm\r\n\r\n[Header end]\r\n"
    )
    path.write_bytes(text.encode("latin-1").ljust(400) + COUNTS.tobytes())
    low, span = float(COUNTS.min()), float(np.ptp(COUNTS.astype(float)))
    return Tiny(path, "wsxm", [(COUNTS - low) / span * 59.5], "µm", (0.2, 0.2), {"tolerance": 1e-4})


@maker
def opd(folder):
    path = folder / "map.opd"
    stored = COUNTS.T.copy()  # column by column
    stored[3, 4] = 32767
    body = {
        "RAW_DATA": (3, struct.pack("<HHH", COLUMNS, ROWS, 2) + stored.tobytes()),
        "Mult": (6, struct.pack("<h", 4)),
        "Wavelength": (7, struct.pack("<f", 500.0)),
        "Pixel_size": (7, struct.pack("<f", 0.002)),
        "Title": (5, b"a step\0"),
    }
    directory = [(b"Directory", 1, 24 * (len(body) + 1))]
    directory += [(name.encode(), kind, len(data)) for name, (kind, data) in body.items()]
    head = b"\x01\0" + b"".join(struct.pack("<16shiH", *entry, 0) for entry in directory)
    path.write_bytes(head + b"".join(data for _, data in body.values()))
    heights = stored.T * 125.0
    heights[4, 3] = np.nan
    return Tiny(path, "opd", [heights], "mm", (-0.002, 0.002), {"tolerance": 0.2})


@maker
def nms(folder):
    path = folder / "map.nms"
    head = bytearray(3468)
    struct.pack_into("<2d", head, 16, 2.0, 6.0)
    head[32:41] = b"OM_MS_2.0"
    struct.pack_into("<2I2d", head, 1368, COLUMNS, ROWS, 312.5, 312.5)
    stored = (COUNTS.astype(int) + 30000).astype("<u2")
    path.write_bytes(bytes(head) + stored.tobytes())
    return Tiny(path, "nms", [stored * (4.0 / 65534) + 2], "nm", (312.5, 312.5), CLOSE)


@maker
def igor_wave(folder):
    path = folder / "scan.ibw"
    layers = np.stack([HEIGHTS, -HEIGHTS], axis=-1).astype("<f4")  # line, sample, layer
    data = layers.transpose(1, 0, 2).tobytes(order="F")
    note = b"SlowScanSize: 4.2e-6\rFastScanSize: 6.8e-6\rImagingMode: AC Mode\r"
    names = [b"", b"HeightTrace", b"PhaseTrace"]
    labels = b"".join(name.ljust(32, b"\0") for name in names)
    wave = struct.pack(
        "<IIIi hh6sh32s II 4i 4d4d 4s16s hh dd I4I4II 64s hhhBB II hh II",
        0, 0, 0, layers.size, 2, 0, b"", 1, b"scan", 0, 0, COLUMNS, ROWS, 2, 0,
        1, 1, 1, 1, 0, 0, 0, 0, b"m", b"", 0, 0, 0.0, 0.0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        b"", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    )  # fmt: skip
    wave = wave[:320]
    sizes = (len(wave) + len(data), 0, len(note), 0, 0, 0, 0, 0, 0, 0, len(labels), 0, 0, 0, 0)
    head = struct.pack("<hH15I", 5, 0, *sizes)
    words = np.frombuffer(head + wave, "<i2").astype(int).sum()
    head = struct.pack("<hH15I", 5, int(-words) & 0xFFFF, *sizes)
    path.write_bytes(head + wave + data + note + labels)
    return Tiny(
        path, "igor", [layers[..., 0], layers[..., 1]], "nm", (-200.0, 200.0), {"tolerance": 0}
    )


@maker
def topostats(folder):
    path = folder / "grains.topostats"
    with h5py.File(path, "w") as file:
        file["image"], file["image_original"] = HEIGHTS, -HEIGHTS
        file["pixel_to_nm_scaling"] = 2.5
        file["filename"] = "minicircles"
    return Tiny(path, "topostats", [HEIGHTS, -HEIGHTS], "nm", (2.5, 2.5))
