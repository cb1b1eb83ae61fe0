"""What a .emi says of the microscope."""

from pathlib import Path

import pytest

from tiepoint_spectroscopy.signal import Signal
from tiepoint_spectroscopy.tia import adjust


@pytest.fixture
def signal():
    return Signal(
        data=None,
        axes=[],
        metadata={},
        original={
            "ObjectInfo": {
                "ExperimentalDescription": {
                    "High tension_kV": 200.0, "Stage X_um": -161.0, "Stage A_deg": 12.5,
                    "Stage Y_um": "unknown",
                }
            }
        },
    )  # fmt: skip


def test_tension_stage_and_tilt_are_taken_in_kv_mm_and_degrees(signal):
    column = adjust(Path("a.emi"), [signal])[0].metadata["Acquisition_instrument"]["TEM"]
    assert column == {"beam_energy": 200.0, "Stage": {"x": -0.161, "tilt_alpha": 12.5}}
