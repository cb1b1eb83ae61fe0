"""Tiny files of light microscopes."""

import numpy as np
from tiny_files import CHANNELS, COLOUR, Tiny, maker


@maker
def czi_channels(folder):
    from pylibCZIrw.czi import create_czi

    path = folder / "two.czi"
    with create_czi(str(path)) as document:
        for channel, planes in enumerate(CHANNELS):
            for z, plane in enumerate(planes):
                where = {"C": channel, "Z": z}
                document.write(plane[..., None], plane=where, location=(10, 20))
        document.write_metadata("two", scale_x=2e-7, scale_y=3e-7, scale_z=1e-6)
    return Tiny(path, "czi", list(CHANNELS), "nm", (1000.0, 300.0, 200.0))


@maker
def czi_colour(folder):
    from pylibCZIrw.czi import create_czi

    path = folder / "colour.czi"
    with create_czi(str(path)) as document:
        document.write(np.ascontiguousarray(COLOUR[..., ::-1]))
    return Tiny(path, "czi", [COLOUR])
