"""Small files of vendors' formats for the tests of this folder."""

from __future__ import annotations

import struct

import h5py
import numpy as np


def signal(data, axes, signal_type="", title="made here"):
    """What RosettaSciIO's writers take; `axes` as (name, scale, offset, units, navigate)."""
    return {
        "data": data,
        "axes": [
            {
                "name": name, "size": size, "scale": scale, "offset": offset, "units": units,
                "navigate": navigate, "index_in_array": i, "_type": "UniformDataAxis",
                "is_binned": False,
            }
            for i, (size, (name, scale, offset, units, navigate)) in enumerate(
                zip(data.shape, axes, strict=True)
            )
        ],
        "metadata": {
            "General": {"title": title},
            "Signal": {"signal_type": signal_type},
            "Acquisition_instrument": {"TEM": {"beam_energy": 200.0}},
        },
        "original_metadata": {"vendor": {"word": 1}},
        "attributes": {"_lazy": False, "ragged": False},
        "tmp_parameters": {},
        "learning_results": {},
        "package": "",
        "package_version": "",
        "models": {},
    }  # fmt: skip


def write_hspy(path, data, axes, title="HAADF", signal_type=""):
    """Write HyperSpy's HDF5; `axes` as (name, scale, offset, units, navigate)."""
    with h5py.File(path, "w") as file:
        file.attrs["file_format"], file.attrs["file_format_version"] = "HyperSpy", "3.3"
        group = file.create_group(f"Experiments/{title}")
        group.create_dataset("data", data=data, chunks=data.shape)
        for i, (name, scale, offset, units, navigate) in enumerate(axes):
            axis = group.create_group(f"axis-{i}")
            axis.attrs.update(
                name=name, scale=scale, offset=offset, units=units, navigate=navigate,
                size=data.shape[i], _type="UniformDataAxis", is_binned=False,
            )  # fmt: skip
        general = group.create_group("metadata/General")
        general.attrs["title"] = title
        group.create_group("metadata/Signal").attrs["signal_type"] = signal_type
        stage = group.create_group("metadata/Acquisition_instrument/TEM/Stage")
        stage.attrs.update(x=0.5, y=-0.25, tilt_alpha=12.5)
        group["metadata/Acquisition_instrument/TEM"].attrs["beam_energy"] = 300.0
        group.create_group("original_metadata").attrs["vendor"] = "words"


def write_mrc(path, values, cell, ispg=1, order=(1, 2, 3), mz=None, angles=(90, 90, 90)):
    """Write a (z, y, x) array; `cell` are the lengths x, y, z in Å."""
    nz, ny, nx = values.shape
    counts = dict(zip(order, (nx, ny, nz), strict=True))
    head = bytearray(1024)
    modes = {"f": 2, "i": 1, "u": 6}
    struct.pack_into("<10i", head, 0, nx, ny, nz, modes[values.dtype.kind], 0, 0, 0,
                     counts[1], counts[2], mz or counts[3])  # fmt: skip
    struct.pack_into("<6f", head, 40, *cell, *angles)
    struct.pack_into("<3i", head, 64, *order)
    struct.pack_into("<i", head, 88, ispg)
    head[208:212], head[212:216] = b"MAP ", b"\x44\x44\x00\x00"
    path.write_bytes(bytes(head) + values.tobytes())


def delmic_acquisition(file, number, values, step, centre, title, **physical):
    """Add one acquisition; `values` is C T Z Y X, `step` and `centre` are (y, x) in metres."""
    group = file.create_group(f"Acquisition{number}")
    image = group.create_dataset("ImageData/Image", data=values)
    for dim, label in zip(image.dims, "CTZYX", strict=True):
        dim.label = label
    data = group["ImageData"]
    data["DimensionScaleY"], data["DimensionScaleX"] = step
    data["YOffset"], data["XOffset"] = centre
    data["TOffset"] = 1.7e9 + number
    if values.shape[0] > 1:
        data["DimensionScaleC"] = np.array([400e-9, 401e-9, 403e-9, 406e-9])[: values.shape[0]]
    if "rotation" in physical:
        data["Rotation"] = [0.0, 0.0, physical.pop("rotation")]
    group["PhysicalData/Title"] = title
    for name, value in physical.items():
        group[f"PhysicalData/{name}"] = value
    group["SVIData/Company"] = "Delmic"
