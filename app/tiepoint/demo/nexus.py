"""NeXus files (NXtomoproc): the last CT scan and the nano-CT scan, so that formats differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint.support.arrays import AnyArray


def write_nexus(
    path: Path,
    volume: AnyArray,
    voxel: float,
    unit: str,
    title: str,
    minutes: int,
    date: str,
) -> None:
    """Write a scan (z, y, x) as NXdata with calibrated axes.

    Parameters
    ----------
    voxel, unit
        Edge of a voxel, in ``um`` or ``nm``.
    date
        ISO 8601 start of the scan.
    """
    import h5py

    with h5py.File(path, "w") as file:
        file.attrs["default"] = "entry"
        entry = _group(file, "entry", "NXentry")
        entry.attrs["default"] = "data"
        entry["definition"] = "NXtomoproc"
        entry["title"] = title
        entry["start_time"] = date
        entry["experiment_description"] = "In-situ degradation of an Mg-10Gd wire"
        sample = _group(entry, "sample", "NXsample")
        sample["name"] = "Mg-10Gd wire, 80 µm"
        sample["situation"] = "simulated body fluid, 37 °C"
        _number(sample, "degradation_time", minutes, "min")
        instrument = _group(entry, "instrument", "NXinstrument")
        source = _group(instrument, "source", "NXsource")
        source["name"] = "demo"
        source["type"] = "Synchrotron X-ray Source"
        source["probe"] = "x-ray"
        beam = _group(instrument, "beam", "NXbeam")
        _number(beam, "incident_energy", 11.0, "keV")
        process = _group(entry, "reconstruction", "NXprocess")
        process["program"] = "tiepoint demo"
        process["date"] = date
        data = _group(entry, "data", "NXdata")
        data.attrs["signal"] = "data"
        data.attrs["axes"] = ["z", "y", "x"]
        chunk = tuple(min(64, size) for size in volume.shape)
        data.create_dataset(
            "data",
            data=volume,
            chunks=chunk,
            compression="gzip",
            compression_opts=4,
            shuffle=True,
        )
        for index, (name, size) in enumerate(zip("zyx", volume.shape, strict=True)):
            data.attrs[f"{name}_indices"] = index
            data[name] = np.arange(size) * voxel
            data[name].attrs["units"] = unit


def _group(parent: Any, name: str, nexus_class: str) -> Any:
    group = parent.create_group(name)
    group.attrs["NX_class"] = nexus_class
    return group


def _number(parent: Any, name: str, value: float, unit: str) -> None:
    parent[name] = value
    parent[name].attrs["units"] = unit
