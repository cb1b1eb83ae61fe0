"""What a session knows about spectra: reading, maps, previews, proposals of elements."""

from __future__ import annotations

from tiepoint.session.spectra.facade import Spectra
from tiepoint.session.spectra.kinds import spectral_axis

__all__ = ["Spectra", "spectral_axis"]
