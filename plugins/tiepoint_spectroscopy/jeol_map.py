"""JEOL spectrum images (.pts): the header now, the stream of X-ray events at the first read.

The stream consists of 16-bit words; the upper four bits tell what the lower twelve are: 8 the x
position, 9 the y position, 10 the electron signal, 11 the channel of one X-ray; positions are on a
4096 x 4096 raster whatever the size of the map. A smaller y than before begins a new sweep.
"""

from __future__ import annotations

import struct
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tiepoint_spectroscopy.events import EventCube, counted
from tiepoint_spectroscopy.jeol_tree import read_tree

RASTER = 4096
CHANNELS = 4096
CHUNK_WORDS = 1 << 23
HEADER_WORDS = struct.Struct("<I8x6I")
X, Y, SIGNAL, X_RAY = 0x8000, 0x9000, 0xA000, 0xB000


def read_map(filename: str) -> dict[str, Any]:
    """Return the spectrum image of a .pts file in RosettaSciIO's form, all sweeps summed.

    Parameters
    ----------
    filename
        Path of the file.

    Raises
    ------
    ValueError
        If the header is not of this form.
    """
    with Path(filename).open("rb") as stream:
        head = stream.read(HEADER_WORDS.size + 268)
        magic, *words = HEADER_WORDS.unpack(head[: HEADER_WORDS.size])
        if magic != 304:
            raise ValueError("not a JEOL spectrum image")
        header_at, data_at = words[2], words[4]
        (days,) = struct.unpack("<d", stream.read(8))
        stream.seek(header_at + 12)
        header = read_tree(stream)
    measured = header["PTTD Data"]["AnalyzableMap MeasData"]
    width, height = (int(n) for n in measured["Meas Cond"]["Pixels"].split("x"))
    shape = (height, width, CHANNELS)
    sweeps = int(measured["Doc"]["Sweep"])
    decode = partial(decode_events, filename, data_at, shape, sweeps)
    return {
        "data": EventCube(shape, np.dtype(np.uint16), decode),
        "axes": _axes(header, measured, shape),
        "metadata": _metadata(header, measured, Path(filename).name, days),
        "original_metadata": header,
    }


def decode_events(filename: str, position: int, shape: tuple[int, int, int], sweeps: int) -> Any:
    """Count the X-rays of all complete sweeps.

    Parameters
    ----------
    filename
        Path of the file.
    position
        Where the stream begins, in bytes.
    shape
        (height, width, channels).
    sweeps
        How many the header states; one more may have been begun.

    Returns
    -------
    scipy.sparse.csr_array
        Of shape (height * width, channels).
    """
    height, width, _ = shape
    words = np.fromfile(filename, "<u2", offset=position)
    words = words[: _end_of_sweeps(words, shape, sweeps)]
    step_y, step_x = RASTER // height, RASTER // width
    pixels, channels = [], []
    x = y = 0
    for start in range(0, words.size, CHUNK_WORDS):
        part = words[start : start + CHUNK_WORDS]
        kind, value = part & 0xF000, (part & 0x0FFF).astype(np.int32)
        events = np.flatnonzero(kind == X_RAY)
        columns, x = _latest(kind == X, value, events, x)
        rows, y = _latest(kind == Y, value, events, y)
        column, row = columns // step_x, rows // step_y
        pixels.append(np.where((column < width) & (row < height), row * width + column, -1))
        channels.append(value[events])
    if not pixels:
        pixels, channels = [np.zeros(0, np.int32)], [np.zeros(0, np.int32)]
    return counted(np.concatenate(pixels), np.concatenate(channels), shape)


def _latest(marks: Any, value: Any, events: Any, before: int) -> tuple[Any, int]:
    """Return for every event the value of the latest mark, and the last value of all."""
    at = np.flatnonzero(marks)
    if not at.size:
        return np.full(events.size, before, np.int32), before
    latest = np.searchsorted(at, events) - 1
    return np.where(latest >= 0, value[at[latest]], before), int(value[at[-1]])


def _end_of_sweeps(words: Any, shape: tuple[int, int, int], sweeps: int) -> int:
    """Return where the last complete sweep ends; a single one counts even if cut off."""
    kind = words & 0xF000
    lines = np.flatnonzero(kind == Y)
    y = words[lines] & 0x0FFF
    begins = lines[1:][y[1:] < y[:-1]]
    if begins.size == 0:
        return int(words.size)
    if begins.size > sweeps:
        return int(begins[sweeps])
    last = words[begins[-1] :]
    of_kind = last & 0xF000
    last_x = (last[of_kind == X] & 0x0FFF)[-1:]
    last_y = (last[of_kind == Y] & 0x0FFF)[-1:]
    rows_done = last_y.size and last_y[0] == RASTER - RASTER // shape[0]
    columns_done = last_x.size and last_x[0] == RASTER - RASTER // shape[1]
    complete = rows_done and (columns_done or not np.any(of_kind == SIGNAL))
    return int(words.size) if complete else int(begins[-1])


def _axes(
    header: dict[str, Any], measured: dict[str, Any], shape: tuple[int, int, int]
) -> list[dict[str, Any]]:
    column = header["PTTD Param"]["Params"]
    template = column["PARAMPAGE1_EDXRF"]["Tpl"][measured["Meas Cond"]["Tpl"]]
    field_um = column["PARAMPAGE0_SEM"]["ScanSize"] / measured["MeasCond"]["Mag"] * 1e3
    gain, zero = measured["Doc"]["CoefA"], measured["Doc"]["CoefB"]
    return [
        {"name": "y", "size": shape[0], "scale": field_um / shape[0], "units": "µm"},
        {"name": "x", "size": shape[1], "scale": field_um / shape[1], "units": "µm"},
        {
            "name": "Energy", "size": shape[2], "scale": gain,
            "offset": zero - gain * template["DigZ"], "units": "keV",
        },
    ]  # fmt: skip


def _metadata(
    header: dict[str, Any], measured: dict[str, Any], name: str, days: float
) -> dict[str, Any]:
    voltage = float(measured["MeasCond"]["AccKV"])
    kind = "SEM" if voltage <= 30 else "TEM"
    detector = header["PTTD Param"]["Params"]["PARAMPAGE0_SEM"]
    eds = {
        "azimuth_angle": detector.get("DirAng"),
        "elevation_angle": detector.get("ElevAng"),
        "energy_resolution_MnKa": detector.get("MnKaRES"),
        "detector_type": detector.get("DetT"),
        "real_time": measured["Doc"].get("RealTime"),
        "live_time": measured["Doc"].get("LiveTime"),
    }
    when = datetime(1899, 12, 30) + timedelta(days=days) if 25000 < days < 80000 else None
    return {
        "General": {
            "title": "EDS",
            "original_filename": name,
            "date": when and when.date().isoformat(),
            "time": when and when.time().isoformat("seconds"),
        },
        "Acquisition_instrument": {
            kind: {
                "beam_energy": voltage,
                "beam_current": measured["MeasCond"].get("AccNA"),
                "magnification": measured["MeasCond"]["Mag"],
                "microscope": detector.get("SEM"),
                "working_distance": measured["MeasCond"].get("WD"),
                "Detector": {"EDS": eds},
            }
        },
        "Signal": {"signal_type": f"EDS_{kind}", "quantity": "X-rays (Counts)"},
    }
