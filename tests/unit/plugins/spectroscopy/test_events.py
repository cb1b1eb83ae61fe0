"""Event cubes and the streams of JEOL and Velox."""

from __future__ import annotations

import io
import struct
from contextlib import suppress

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays, basic_indices
from scipy.sparse import csr_array

from tiepoint_spectroscopy.bruker_stream import decode_pixels
from tiepoint_spectroscopy.events import EventCube, counted
from tiepoint_spectroscopy.jeol_map import decode_events
from tiepoint_spectroscopy.jeol_tree import read_tree
from tiepoint_spectroscopy.velox_stream import decode_streams

SHAPE = (4, 3, 7)


@settings(deadline=None)  # the first read imports the sparse arrays
@given(
    dense=arrays(np.uint16, SHAPE, elements=st.integers(0, 3)),
    key=basic_indices(SHAPE, allow_newaxis=False),
)
def test_a_cube_slices_like_its_dense_array(dense, key):
    parts = key if isinstance(key, tuple) else (key,)
    if any(isinstance(part, slice) and (part.step or 1) < 0 for part in parts):
        return
    flat = csr_array(dense.reshape(-1, SHAPE[2]))
    cube = EventCube(SHAPE, np.dtype(np.uint16), lambda: flat)
    assert np.array_equal(cube[key], dense[key])


def test_events_outside_are_not_counted():
    pixel, channel = np.array([0, 0, 5, 12, -1, 3]), np.array([2, 2, 6, 0, 0, 7])
    cube = EventCube(SHAPE, np.dtype(np.uint8), lambda: counted(pixel, channel, SHAPE))
    dense = cube[...]
    assert dense.sum() == 3
    assert dense[0, 0, 2] == 2
    assert dense[1, 2, 6] == 1


def test_counts_beyond_the_type_saturate_instead_of_wrapping():
    pixel = np.zeros(300, int)
    cube = EventCube(SHAPE, np.dtype(np.uint8), lambda: counted(pixel, pixel, SHAPE))
    assert cube[0, 0, 0] == 255


def test_nothing_is_decoded_before_the_first_read():
    calls = []

    def decode():
        calls.append(1)
        return counted(np.zeros(0, int), np.zeros(0, int), SHAPE)

    cube = EventCube(SHAPE, np.dtype(np.uint8), decode)
    assert cube.nbytes == 0
    assert not calls
    assert not cube[0].any()
    assert not cube[1].any()
    assert len(calls) == 1


def jeol_words(dense, sweeps):
    height, width, _ = dense.shape
    words = []
    for _ in range(sweeps):
        for y in range(height):
            words.append(0x9000 | y * (4096 // height))
            for x in range(width):
                words.append(0x8000 | x * (4096 // width))
                for channel in np.repeat(np.arange(dense.shape[2]), dense[y, x]):
                    words.append(0xB000 | int(channel))
    return words


def test_jeol_sweeps_are_summed_and_a_begun_one_is_left_out(tmp_path):
    dense = np.random.default_rng(0).integers(0, 3, (4, 8, 5))
    words = jeol_words(dense, 2)
    words += jeol_words(dense[:2], 1)[:20]  # interrupted
    path = tmp_path / "stream"
    path.write_bytes(b"head" + np.array(words, "<u2").tobytes())
    cube = decode_events(str(path), 4, (4, 8, 5), 5).toarray().reshape(4, 8, 5)
    assert np.array_equal(cube, 2 * dense)


def test_velox_detectors_and_frames_are_summed(tmp_path):
    rng = np.random.default_rng(1)
    dense = rng.integers(0, 3, (2, 2, 3, 4, 6))  # detector, frame, y, x, channel
    with h5py.File(tmp_path / "a.emd", "w") as file:
        for name, frames in zip("ab", dense, strict=True):
            words = []
            for spectrum in frames.reshape(-1, 6):
                words += [*np.repeat(np.arange(6), spectrum), 65535]
            file[f"Data/SpectrumStream/{name}/Data"] = np.array(words, np.uint16)[:, None]
    path = str(tmp_path / "a.emd")
    both = decode_streams(path, ("a", "b"), (3, 4, 6), None).toarray().reshape(3, 4, 6)
    assert np.array_equal(both, dense.sum(axis=(0, 1)))
    first = decode_streams(path, ("a",), (3, 4, 6), 1).toarray().reshape(3, 4, 6)
    assert np.array_equal(first, dense[0, 0])


def leaf(name, kind, raw, children=b""):
    word = name.encode() + b"\x00"
    head = b"\x01" + struct.pack("<i", len(word)) + word
    return head + struct.pack("<ii", kind, len(raw)) + raw + children + b"\xff"


def test_jeol_trees():
    inner = leaf("Mag", 3, struct.pack("<i", 40000)) + leaf("Name", 12, b"JEM\x00")
    outer = leaf("Instrument", 0, b"", inner) + leaf("Size", 3, struct.pack("<2i", 5, 6))
    tree = read_tree(io.BytesIO(outer + b"\x00"))
    assert tree["Instrument"] == {"Mag": 40000, "Name": "JEM"}
    assert tree["Size"].tolist() == [5, 6]


def test_a_cut_off_tree_is_refused():
    whole = leaf("Mag", 3, struct.pack("<i", 40000))
    for length in range(1, len(whole) - 1):
        with pytest.raises(ValueError, match=r"cut off|no name"):
            read_tree(io.BytesIO(whole[:length]))


def bruker_pixel(column, spectrum, packing):
    """One pixel of a Bruker stream in one of its three packings."""
    pulses = np.repeat(np.arange(spectrum.size), spectrum)
    if packing == 0:
        body = pulses.astype("<u2").tobytes()
    elif packing == 1:
        nibbles = "".join(f"{pulse:03x}" for pulse in pulses)
        nibbles += "0" * (-len(nibbles) % 4)
        body = np.frombuffer(bytes.fromhex(nibbles), ">u2").astype("<u2").tobytes()
    else:  # a run of zeros, then bases of one byte with increments of four bits
        half = (spectrum[2:] - spectrum[2:].min()).astype(int)
        packed = [a | (b << 4) for a, b in zip(half[::2], [*half[1::2], 0], strict=False)]
        run = [0, 2, 1, spectrum.size - 2, int(spectrum[2:].min()), *packed]
        extra = np.repeat([0, 1], spectrum[:2]).astype("<u2")
        body = bytes(run) + struct.pack("<I", 2 * extra.size)
        head = struct.pack(
            "<IHHIHHHI", column, spectrum.size, spectrum.size, 0, 2, 0, extra.size, len(body)
        )
        return head + body + extra.tobytes()
    return struct.pack("<IHHIHHHI", column, 0, 0, 0, packing, 0, pulses.size, len(body)) + body


def bruker_stream(dense, packing):
    lines = b"".join(
        struct.pack("<i", len(row))
        + b"".join(bruker_pixel(x, s, packing) for x, s in enumerate(row))
        for row in dense
    )
    return struct.pack("<ii", *dense.shape[:2]) + b"\x00" * (0x1A0 - 8) + lines


@pytest.mark.parametrize("packing", [0, 1, 2])
def test_bruker_packings(packing):
    dense = np.random.default_rng(2).integers(0, 9, (3, 4, 12))
    cube = decode_pixels(bruker_stream(dense, packing), (3, 4, 12)).toarray()
    assert np.array_equal(cube.reshape(dense.shape), dense)
    few = decode_pixels(bruker_stream(dense, packing), (3, 4, 5)).toarray()
    assert np.array_equal(few.reshape(3, 4, 5), dense[..., :5])


@pytest.mark.parametrize("packing", [0, 1, 2])
@settings(deadline=None)
@given(at=st.integers(0x1A0, 700), value=st.integers(0, 255), cut=st.integers(0, 300))
def test_damaged_bruker_streams_end_in_words_not_in_a_crash(packing, at, value, cut):
    dense = np.random.default_rng(3).integers(0, 9, (3, 4, 12))
    stream = bytearray(bruker_stream(dense, packing))
    stream[at % len(stream)] = value
    with suppress(ValueError):
        counts = decode_pixels(bytes(stream[: len(stream) - cut]), (3, 4, 12))
        assert counts.shape == (12, 12)
