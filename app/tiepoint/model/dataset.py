"""Datasets: what was opened, where it lies on disk, how it is shown."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tiepoint.model.axes import Axis
from tiepoint.model.base import Frozen, new_id

Kind = Literal[
    "image", "volume", "spectrum image", "spectrum", "diffraction", "points", "mesh", "labels",
    "time series", "vectors", "log",
]  # fmt: skip


class PackedFile(Frozen):
    """A data file kept inside the project.

    Attributes
    ----------
    name
        Path relative to the folder that it is unpacked to (POSIX separators).
    key
        Of the embedded array that holds its bytes: named by their hash; empty for an empty file.
    """

    name: str
    key: str


class Link(Frozen):
    """Where the data of a dataset lie, and what identifies their content.

    Attributes
    ----------
    path
        Absolute path when last seen.
    relative
        The same path relative to the project file's folder (POSIX separators), if it has one.
    inner
        Which dataset of the file: the reader's stable key.
    reader
        Name of the reader that opened it.
    size, mtime
        Bytes and modification time (seconds since 1970) when last seen.
    fast_hash
        BLAKE2b of size, head, tail and samples of the file.
    content_hash
        BLAKE2b of all bytes, filled in the background.
    packed
        The file and what belongs to it, where the project holds them itself; the first one, or
        its first folder, is what the reader opens.
    answers
        What a person said that the file does not (a unit, which columns are positions).
    """

    path: str
    relative: str | None = None
    inner: str = ""
    reader: str = ""
    size: int = 0
    mtime: float = 0.0
    fast_hash: str = ""
    content_hash: str | None = None
    packed: tuple[PackedFile, ...] = ()
    answers: dict[str, str] = Field(default_factory=dict)


class Metadata(Frozen):
    """Typed metadata in three groups; the vendor's own words stay with the file.

    Attributes
    ----------
    identification
        Title, sample, user, instrument, times, software.
    references
        What is needed to find the spot again: stage position, tilt, working distance, field width.
    settings
        Voltage, detector, dwell time …
    """

    identification: dict[str, Any] = Field(default_factory=dict)
    references: dict[str, Any] = Field(default_factory=dict)
    settings: dict[str, Any] = Field(default_factory=dict)


class Display(Frozen):
    """How a dataset is shown. ``limits`` are in the data's own values; ``None`` means automatic.

    With ``contours`` an image has lines of equal value over its colours.
    """

    visible: bool = True
    opacity: float = 1.0
    colormap: str = "gray"
    limits: tuple[float, float] | None = None
    gamma: float = 1.0
    blending: Literal["translucent", "additive", "opaque"] = "translucent"
    contours: bool = False


class MapRecipe(Frozen):
    """How a map is computed from a spectrum image: the sum over a window of its spectral axis.

    Attributes
    ----------
    source
        Id of the spectrum image.
    label
        What the map shows: ``"Fe Kα"``, ``"O K"`` or a window in words.
    window
        Lower and upper end in the axis' unit; channels whose centres lie inside are summed.
    background
        ``"none"``, or ``"linear"``: the mean of two flanking windows is subtracted,
        or ``"power law"``: fitted in ``background_windows`` before the edge.
    background_windows
        The windows that the background rests on, in the axis' unit.
    """

    source: str
    label: str
    window: tuple[float, float]
    unit: str | None = None
    background: Literal["none", "linear", "power law"] = "none"
    background_windows: tuple[tuple[float, float], ...] = ()


class Derived(Frozen):
    """How values that no file holds were computed from other datasets.

    Unlike a `MapRecipe` it is not computed anew: the values lie in the project file.

    Attributes
    ----------
    operation
        In words: ``"ratio"``, ``"composition"``, ``"NMF"``, ``"thickness"`` …
    sources
        Ids of the datasets it was computed from; they may be gone since.
    settings
        What was chosen, as plain JSON.
    """

    operation: str
    sources: tuple[str, ...] = ()
    settings: dict[str, Any] = Field(default_factory=dict)


class Quantity(Frozen):
    """What the values of a dataset are.

    Attributes
    ----------
    name
        ``"height"``, ``"phase"``, ``"atomic fraction of Ni"`` …
    unit
        Standard spelling; ``None`` where there is none or the file does not say.
    period
        The values repeat after this much (2π of a phase), ``None`` if they do not; shown with a
        cyclic colour map.
    component
        ``"x"`` or ``"y"`` of a vector called `name`, along that axis of the dataset.
    """

    name: str = ""
    unit: str | None = None
    period: float | None = None
    component: str = ""


class LegendEntry(Frozen):
    """What one value of a label map means: a phase, a grain class.

    Attributes
    ----------
    colour
        ``"#rrggbb"``.
    """

    value: int
    name: str
    colour: str


class Dataset(Frozen):
    """One dataset of the project.

    Attributes
    ----------
    frame
        Id of the coordinate system that its physical positions belong to. Datasets of one scan
        (HAADF and EDS of one file, a map and its spectrum image) share one.
    group
        Where it stands in the tree: sample, then instrument or technique.
    fle
        1 σ localisation error per spatial axis in the axis' unit; ``None``: half a pixel.
    quantity
        What the values are, where the file says it.
    legend
        What the values of a label map mean.
    series
        Name of the time series that it is one scan of; empty if it is none.
    minutes
        When the scan was taken (or its log begins), minutes after the series' zero.
    derived
        How the values were computed, where they are no plain map of a window.
    model_derived
        Whether a statistical or trained model made the values (classes, confidences,
        components): said wherever they are shown.
    """

    id: str = Field(default_factory=new_id)
    name: str
    technique: str = "unknown"
    kind: Kind = "image"
    axes: tuple[Axis, ...]
    dtype: str = ""
    frame: str = Field(default_factory=new_id)
    link: Link | None = None
    recipe: MapRecipe | None = None
    display: Display = Display()
    metadata: Metadata = Metadata()
    warnings: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    fle: tuple[float, ...] | None = None
    rgb: bool = False
    quantity: Quantity = Quantity()
    legend: tuple[LegendEntry, ...] = ()
    series: str = ""
    minutes: float | None = None
    derived: Derived | None = None
    model_derived: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Array shape in axis order."""
        return tuple(axis.size for axis in self.axes)

    @property
    def spatial_axes(self) -> tuple[Axis, ...]:
        """The axes of real space, in order (z, y, x) or (y, x)."""
        return tuple(axis for axis in self.axes if axis.role == "space")

    @property
    def ndim_space(self) -> int:
        """2 for an image, 3 for a volume."""
        return len(self.spatial_axes)

    @property
    def unit(self) -> str | None:
        """Unit of physical positions: that of the spatial axes; ``None`` if uncalibrated."""
        units = {axis.unit for axis in self.spatial_axes}
        return units.pop() if len(units) == 1 else None

    @property
    def calibrated(self) -> bool:
        """Whether physical positions are known."""
        return self.unit is not None
