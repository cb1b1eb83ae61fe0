"""A HyperSpy file (format 3.3): HAADF image and EDS spectrum image of one scan.

Both signals carry positions in the same frame: HAADF pixel 0 is its zero, and the offset of the
coarser EDS axes puts every EDS pixel on the middle of the HAADF pixels that it covers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiepoint.demo.eds import BEAM_KEV, RESOLUTION_MN_KA_KEV
from tiepoint.demo.sizes import ENERGY_STEP_KEV

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint.demo.sizes import Sizes
    from tiepoint.support.arrays import AnyArray

_DATE, _TIME = "2024-05-22", "14:08:31"
_ELEMENTS = ["C", "Ca", "Cu", "Gd", "Mg", "O", "P"]
_LINES = ["C_Ka", "Ca_Ka", "Cu_Ka", "Gd_La", "Mg_Ka", "O_Ka", "P_Ka"]


def write_hspy(path: Path, haadf: AnyArray, eds: AnyArray, sizes: Sizes) -> None:
    """Write the HAADF image (y, x) and the spectrum image (y, x, energy)."""
    import h5py

    with h5py.File(path, "w") as file:
        file.attrs["file_format"] = "HyperSpy"
        file.attrs["file_format_version"] = "3.3"
        experiments = file.create_group("Experiments")
        pixel = sizes.haadf_pixel_nm
        axes = [_axis(n, s, pixel, 0.0, "nm") for n, s in zip("yx", haadf.shape, strict=True)]
        signal = experiments.create_group("HAADF")
        _write(signal, haadf, axes, _metadata("HAADF", "", {}), (256, 256))
        pixel, offset = sizes.eds_pixel_nm, sizes.eds_offset_nm
        axes = [
            _axis(n, s, pixel, offset, "nm", True) for n, s in zip("yx", eds.shape[:2], strict=True)
        ]
        axes.append(_axis("Energy", eds.shape[2], ENERGY_STEP_KEV, 0.0, "keV"))
        signal = experiments.create_group("EDS")
        _write(signal, eds, axes, _metadata("EDS", "EDS_TEM", _eds_metadata()), (16, 16, 1024))


def _axis(
    name: str, size: int, scale: float, offset: float, unit: str, navigate: bool = False
) -> dict[str, Any]:
    return {
        "_type": "UniformDataAxis",
        "name": name,
        "units": unit,
        "navigate": navigate,
        "is_binned": name == "Energy",
        "size": size,
        "scale": scale,
        "offset": offset,
    }


def _metadata(title: str, signal_type: str, extra: dict[str, Any]) -> dict[str, Any]:
    microscope = {
        "microscope": "Demo STEM",
        "acquisition_mode": "STEM",
        "beam_energy": BEAM_KEV,
        "camera_length": 98.0,
        "Stage": {"tilt_alpha": 0.0, "x": 0.214, "y": -0.087, "z": 0.012},
        **extra.get("TEM", {}),
    }
    return {
        "Acquisition_instrument": {"TEM": microscope},
        "General": {"title": title, "date": _DATE, "time": _TIME},
        "Sample": {"description": "Lamella from an Mg-10Gd wire", **extra.get("Sample", {})},
        "Signal": {"signal_type": signal_type},
    }


def _eds_metadata() -> dict[str, Any]:
    detector = {
        "azimuth_angle": 45.0,
        "elevation_angle": 18.0,
        "energy_resolution_MnKa": RESOLUTION_MN_KA_KEV * 1e3,
        "live_time": 591.0,
        "real_time": 614.4,
    }
    return {
        "TEM": {"Detector": {"EDS": detector}},
        "Sample": {"elements": _ELEMENTS, "xray_lines": _LINES},
    }


def _write(
    group: Any,
    data: AnyArray,
    axes: list[dict[str, Any]],
    metadata: dict[str, Any],
    chunk: tuple[int, ...],
) -> None:
    group.attrs.update({"package": "tiepoint", "package_version": "demo"})
    group.create_dataset(
        "data",
        data=data,
        chunks=tuple(min(c, s) for c, s in zip(chunk, data.shape, strict=True)),
        compression="gzip",
        compression_opts=4,
        shuffle=True,
    )
    for number, axis in enumerate(axes):
        group.create_group(f"axis-{number}").attrs.update(axis)
    _store(group.create_group("metadata"), metadata)
    for name in ("original_metadata", "learning_results"):
        group.create_group(name)
    group.create_group("attributes").attrs.update({"_lazy": False, "ragged": False})


def _store(group: Any, values: dict[str, Any]) -> None:
    """Write a tree of metadata: attributes, groups, and text lists as datasets."""
    import h5py

    for key, value in values.items():
        if isinstance(value, dict):
            _store(group.create_group(key), value)
        elif isinstance(value, list):
            group.create_dataset(f"_list_{key}", data=value, dtype=h5py.string_dtype())
        else:
            group.attrs[key] = value
