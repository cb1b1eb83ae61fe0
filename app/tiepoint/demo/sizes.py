"""How many pixels the demo files have; their fields of view do not depend on it."""

from __future__ import annotations

from dataclasses import dataclass

CT_FIELD_UM = 96.0
"""Edge of the cube that a CT scan covers."""
NANO_FIELD_UM = 24.0
"""Edge of the cube that the nano-CT scan of the lift-out site covers."""
SEM_FIELD_UM = 107.2128
"""Width of the FIB-SEM image (1024 pixels of 104.7 nm)."""
STEM_FIELD_UM = 12.8
"""Width of the HAADF image and of the EDS map."""
LIGHT_FIELD_UM = 307.2
"""Width of the light-microscope overview."""
ENERGY_STEP_KEV = 0.01


@dataclass(frozen=True)
class Sizes:
    """Pixel counts of the demo datasets.

    Attributes
    ----------
    ct
        Voxels along each edge of a micro-CT scan.
    nano
        Voxels along each edge of the nano-CT scan.
    sem, haadf, eds, light
        Width in pixels; the height is 3/4 of it. `haadf` is a multiple of `eds`.
    channels
        Energy channels of the spectrum image, 10 eV each.
    """

    ct: int = 192
    nano: int = 192
    sem: int = 1024
    haadf: int = 1024
    eds: int = 128
    light: int = 768
    channels: int = 1024

    def __post_init__(self) -> None:
        if self.haadf % self.eds:
            raise ValueError("the HAADF width must be a multiple of the EDS width")

    @classmethod
    def small(cls) -> Sizes:
        """Return sizes for quick checks: the same fields of view at a fraction of the pixels."""
        return cls(ct=32, nano=32, sem=128, haadf=128, eds=32, light=96, channels=1024)

    @property
    def ct_voxel_um(self) -> float:
        """Edge of a micro-CT voxel."""
        return CT_FIELD_UM / self.ct

    @property
    def nano_voxel_nm(self) -> float:
        """Edge of a nano-CT voxel."""
        return 1e3 * NANO_FIELD_UM / self.nano

    @property
    def sem_pixel_nm(self) -> float:
        """Pixel of the SEM image, to the 0.1 pm that its metadata hold."""
        return round(SEM_FIELD_UM * 1e3 / self.sem, 4)

    @property
    def haadf_pixel_nm(self) -> float:
        """Pixel of the HAADF image."""
        return STEM_FIELD_UM * 1e3 / self.haadf

    @property
    def eds_pixel_nm(self) -> float:
        """Pixel of the EDS spectrum image."""
        return STEM_FIELD_UM * 1e3 / self.eds

    @property
    def eds_offset_nm(self) -> float:
        """Position of EDS pixel 0 in the frame whose zero is HAADF pixel 0."""
        return (self.eds_pixel_nm - self.haadf_pixel_nm) / 2

    @property
    def light_pixel_um(self) -> float:
        """Pixel of the light-microscope overview."""
        return round(LIGHT_FIELD_UM / self.light, 9)


def image_shape(width: int) -> tuple[int, int]:
    """Return (height, width) of a 4:3 image."""
    return width * 3 // 4, width
