"""What is made ready beside the window, and in which order."""

from __future__ import annotations

import numpy as np
import pytest
from window_tools import wait_until

from tiepoint.gui import warm_up

pytestmark = pytest.mark.window


def test_drawing_is_ready_before_outlines_and_searches(qapp, monkeypatch, tmp_path):
    told = tmp_path / "told"
    for name in ("DRAWING", "OUTLINES", "SEARCHING"):
        code = f"open({str(told)!r}, 'a').write('compiled {name}\\n')"
        monkeypatch.setattr(warm_up, name, code)
    monkeypatch.setattr(warm_up, "import_soon_needed", lambda: None)
    monkeypatch.setattr(warm_up.KernelWarmUp, "_loaded", False)
    loaded = []
    kernels = warm_up.KernelWarmUp()
    kernels._steps = type(kernels._steps)(
        (code, then and (lambda name=then.__name__: loaded.append(name)))
        for code, then in kernels._steps
    )
    kernels.start()
    wait_until(lambda: told.exists() and "SEARCHING" in told.read_text(), "all is compiled")
    kernels.stop()
    order = [line.split()[1] for line in told.read_text().splitlines()]
    assert order == ["DRAWING", "OUTLINES", "SEARCHING"]
    assert loaded == ["_load_drawing", "_load_outlines"]


def test_a_first_outline_in_space_finds_its_kernels(qapp):
    from napari.layers import Shapes
    from napari.layers.shapes import _accelerated_triangulate_numba as kernels

    from tiepoint.viewer.outlines_ready import warm_up as outlines

    def compiled():
        dispatchers = [d for d in vars(kernels).values() if hasattr(d, "signatures")]
        return sum(len(d.signatures) for d in dispatchers)

    outlines()
    before = compiled()
    assert before
    triangle = np.array([[0, 0, 0], [0, 2, 0], [0, 0, 2], [0, 0, 0]], float)
    Shapes([triangle], shape_type="path", edge_width=[0.2], edge_color=["#ffffff"])
    assert compiled() == before
