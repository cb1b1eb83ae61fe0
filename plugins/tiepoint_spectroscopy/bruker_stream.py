"""Pixel data of Bruker maps (.bcf), decoded with every length checked.

The stream is: height and width (int32), at byte 0x1A0 the lines. A line is its number of pixels
and then, for each, a header (column, channels, packing, number of pulses, bytes of data) and the
spectrum in one of three packings: 16-bit channel numbers, 12-bit channel numbers (the bytes of
every 16-bit word exchanged), or runs of channels with a common base and short increments, followed
by further pulses. The layout is described in RosettaSciIO's documentation of the format
(hyperspy.org/rosettasciio).
"""

from __future__ import annotations

from typing import Any

import numpy as np

HEAD_BYTES = 0x1A0


def decode_pixels(stream: bytes, shape: tuple[int, int, int]) -> Any:
    """Count the X-rays of a map.

    Parameters
    ----------
    stream
        The whole of ``EDSDatabase/SpectrumData…``.
    shape
        (height, width, channels); higher channels are left out.

    Returns
    -------
    scipy.sparse.csr_array
        Of shape (height * width, channels), uint32.

    Raises
    ------
    ValueError
        If the stream is cut off or contradicts itself.
    """
    from scipy.sparse import coo_array

    from tiepoint_spectroscopy.bruker_decode import decode  # compiled: imported when needed

    height, width, channels = shape
    data = np.frombuffer(stream, np.uint8)
    if data.size < HEAD_BYTES or tuple(np.frombuffer(stream, "<i4", 2)) != (height, width):
        raise ValueError("the spectra do not fit the size of the map")
    nothing = np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.uint32)
    count = decode(data, height, width, channels, *nothing)
    if count < 0:
        raise ValueError("the spectra are cut off or damaged")
    pixel, channel = np.empty(count, np.int32), np.empty(count, np.int32)
    counts = np.empty(count, np.uint32)
    decode(data, height, width, channels, pixel, channel, counts)
    cells = (counts, (pixel, channel))
    return coo_array(cells, shape=(height * width, channels)).tocsr()
