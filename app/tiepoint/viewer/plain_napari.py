"""Our readers in plain napari: files as layers with units, lazily, and with contrast limits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiepoint.data.contrast import contrast_limits
from tiepoint.data.lazy import to_dask
from tiepoint.data.naming import dataset_names
from tiepoint.data.opening import open_file
from tiepoint.data.registry import candidates, readers
from tiepoint.data.views import view
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tiepoint.data.draft import DatasetDraft
    from tiepoint.data.lazy import ArrayLike
    from tiepoint.model.axes import Axis

    LayerData = tuple[Any, dict[str, Any], str]

UNITS = {None: "pixel", "°": "degree"}
"""napari's (pint's) words for units that it spells otherwise."""
PICTURES = {"image", "volume", "time series", "spectrum image", "diffraction", "points", "mesh"}
SPECTRAL = {"energy", "reciprocal"}


def get_reader(path: str | list[str]) -> Callable[[str | list[str]], list[LayerData]] | None:
    """Return a function that reads `path` into layers, or ``None`` if it is no file of ours.

    Parameters
    ----------
    path
        What napari is asked to open; of several files each becomes layers of its own.
    """
    try:
        ours = all(candidates(Path(one)) for one in _paths(path))
    except TiepointError:
        return None
    return read_layers if ours else None


def read_layers(path: str | list[str]) -> list[LayerData]:
    """Return the datasets of files as napari layer data.

    Raises
    ------
    ValueError
        In words, if a file cannot be opened.
    """
    layers: list[LayerData] = []
    for one in _paths(path):
        try:
            _, drafts = open_file(Path(one))
        except TiepointError as error:
            raise ValueError(str(error)) from error
        names = dataset_names(Path(one), [draft.title for draft in drafts])
        layers += [
            layer_data(draft, name)
            for draft, name in zip(drafts, names, strict=True)
            if draft.kind in PICTURES | {"labels"} and draft.array.ndim >= 2
        ]
    if not layers:
        raise ValueError(
            f"{path} holds spectra or points only, which napari cannot show as layers."
        )
    return layers


def layer_data(draft: DatasetDraft, name: str) -> LayerData:
    """Return one dataset as ``(data, options, layer type)``.

    Spectral axes come first, so that napari gives them a slider and shows the image.
    """
    order = display_order(draft.axes)
    axes = [draft.axes[at] for at in order]
    arrays = [view(array, order) for array in _pyramid(draft)]
    shown = axes[:-1] if draft.rgb else axes
    options: dict[str, Any] = {
        "name": name,
        "scale": tuple(axis.scale for axis in shown),
        "translate": tuple(axis.offset for axis in shown),
        "units": tuple(UNITS.get(axis.unit, axis.unit) for axis in shown),
        "axis_labels": tuple(axis.name for axis in shown),
        "metadata": {"technique": draft.technique, "warnings": list(draft.warnings)},
    }
    data = [to_dask(array) for array in arrays]
    options["multiscale"] = len(data) > 1
    if draft.kind == "labels":
        return data if len(data) > 1 else data[0], options, "labels"
    options["rgb"] = draft.rgb
    if not draft.rgb:
        options["contrast_limits"] = contrast_limits(arrays[-1])
    return data if len(data) > 1 else data[0], options, "image"


def display_order(axes: Sequence[Axis]) -> tuple[int, ...]:
    """Return the axes in napari's order: other ones, spectral ones, space, colour."""

    def rank(axis: Axis) -> int:
        if axis.role == "space":
            return 2
        return 1 if axis.role in SPECTRAL else 0

    channel = len(axes) - 1 if axes[-1].role == "channel" else None
    places = [at for at in range(len(axes)) if at != channel]
    places.sort(key=lambda at: rank(axes[at]))
    return (*places, channel) if channel is not None else tuple(places)


def manifest_patterns() -> list[str]:
    """Return the file name patterns that ``napari.yaml`` has to list: those of all our readers."""
    return sorted({pattern for spec in readers() for pattern in spec.patterns if pattern != "*"})


def _pyramid(draft: DatasetDraft) -> list[ArrayLike]:
    return [draft.array, *(level.array for level in draft.levels)]


def _paths(path: str | list[str]) -> list[str]:
    return [path] if isinstance(path, str) else list(path)
