"""Tiny files of points: ions and localisations, with the counts that they must give."""

import struct

import numpy as np
from tiny_files import RNG, Tiny, maker

N = 201
PLACES = RNG.uniform((-3, -4, 0), (4, 3, 12), (N, 3)).astype(np.float32)  # x, y, z
MASSES = RNG.choice([1.0, 13.5, 14.0, 27.25, 40.0], N).astype(np.float32)
RANGES = """3 8
Al
Al 0.20 1.00 1.00
H
H 0.80 0.80 0.00
Mg
Mg 0.80 0.00 0.80
----------------- Al H Mg
.  0.9006  1.3196  0 1  0
.  1.9070  2.3300  0 1  0
. 11.8700 12.3261  0 0  1
. 12.3699 12.8272  0 0  1
. 12.8699 13.3276  0 0  1
. 13.3276 13.8690  1 0  0
. 26.8486 28.5130  1 0  0
. 13.9510 14.1010  1 1  0

--- polyatomic extension
1 1
AlH
AlH 1.00 0.00 0.00
----------------- AlH
. 13.9510 14.1010   1
"""
PARTS = {"AlH": ("Al", "H")}
ATOMS = {1.0: "H", 13.5: "Al", 14.0: "AlH", 27.25: "Al", 40.0: ""}


def counts(keep=None):
    """Ions per nm³, counted one by one."""
    low = np.floor(PLACES.min(0)).astype(int)
    high = np.ceil(PLACES.max(0)).astype(int)
    grid = np.zeros((high - low)[::-1])
    for place, mass in zip(PLACES, MASSES, strict=True):
        x, y, z = np.floor(place).astype(int) - low
        grid[z, y, x] += 1 if keep is None else keep(ATOMS[float(mass)])
    return grid


def spectrum():
    found = np.zeros(5000)
    for mass in MASSES:
        found[round(float(mass) * 100)] += 1
    return found


def ion_values():
    atoms = counts(lambda word: {"": 0, "AlH": 2}.get(word, 1))
    with np.errstate(invalid="ignore"):
        shares = [
            counts(lambda word, e=element: int(e in PARTS.get(word, (word,)))) / atoms
            for element in ("H", "Mg", "Al")
        ]
    return [counts(), spectrum(), *shares]


def ions(path, reader):
    path.with_suffix(".RNG").write_text(RANGES)
    return Tiny(path, reader, ion_values(), "nm", (1.0, 1.0, 1.0), {"tolerance": 1e-7})


@maker
def apt_pos(folder):
    path = folder / "tip.pos"
    np.column_stack([PLACES, MASSES]).astype(">f4").tofile(path)
    return ions(path, "apt-pos")


@maker
def apt_epos(folder):
    path = folder / "tip.epos"
    table = np.zeros((N, 11), ">f4")
    table[:, :3], table[:, 3], table[:, 5] = PLACES, MASSES, 4000
    table.view(">u4")[:, 9:] = 1
    table.tofile(path)
    return ions(path, "apt-epos")


def section(name, unit, values, extra=b""):
    values = np.asarray(values)
    width = values[0].nbytes
    head = struct.pack(
        "<4sii64siiiiii32sqq", b"SEC\0", 148 + len(extra), 2, name.encode("utf-16-le"), 1, 1, 1, 3,
        8 * values.itemsize, width, unit.encode("utf-16-le"), len(values), values.nbytes,
    )  # fmt: skip
    return head + extra + values.tobytes()


@maker
def apt_apt(folder):
    path = folder / "tip.APT"
    head = struct.pack(
        "<4sii512sqq", b"APT\0", 540, 2, "tip.apt".encode("utf-16-le"), 133_000_000_000_000_000, N
    )
    box = np.array([PLACES.min(0), PLACES.max(0)]).T.astype("<f4").tobytes()
    body = section("Mass", "Da", MASSES.astype("<f4"))
    body += section("tof", "ns", np.zeros(N, "<f4"))
    body += section("Position", "nm", PLACES.astype("<f4"), box)
    path.write_bytes(head + body)
    return ions(path, "apt")


LOCS = RNG.uniform(3, 7, (N, 2)).astype(np.float32)  # y, x in camera pixels
NM = LOCS.astype(float) * 100.0


def cells(step):
    first = np.floor(NM.min(0) / step).astype(int)
    shape = np.ceil(NM.max(0) / step + 1e-9).astype(int) - first
    grid = np.zeros(shape)
    for y, x in np.floor(NM / step).astype(int) - first:
        grid[y, x] += 1
    return grid


@maker
def picasso(folder):
    import h5py

    path = folder / "spots_locs.hdf5"
    kinds = [("frame", "u4"), ("x", "f4"), ("y", "f4"), ("lpx", "f4"), ("lpy", "f4")]
    table = np.zeros(N, kinds)
    table["y"], table["x"] = LOCS.T
    table["lpx"], table["lpy"] = 0.09, 0.09
    with h5py.File(path, "w") as file:
        file["locs"] = table
    path.with_suffix(".yaml").write_text("Frames: 5\nWidth: 8\n---\nPixelsize: 100\n")
    return Tiny(path, "picasso", [cells(10.0)], "nm", (10.0, 10.0))


@maker
def thunderstorm(folder):
    path = folder / "spots.csv"
    lines = ['"id","frame","x [nm]","y [nm]","sigma [nm]","uncertainty [nm]"']
    lines += [f"{n},1,{x!r},{y!r},130.0,9.0" for n, (y, x) in enumerate(NM.tolist())]
    path.write_text("\n".join(lines) + "\n")
    return Tiny(path, "point table", [cells(10.0)], "nm", (10.0, 10.0), {"lines": True})
