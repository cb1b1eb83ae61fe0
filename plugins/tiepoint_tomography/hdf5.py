"""HDF5 and NeXus files: plots first, else every array that may be an image, a volume or a map."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from tiepoint.sdk import (
    Axis,
    DatasetDraft,
    Quantity,
    TiepointError,
    h5_array,
    h5_file,
    in_one_unit,
    missing_words,
    spatial_axes,
    stored_elsewhere,
)
from tiepoint_tomography.h5_names import (
    attribute,
    external_targets,
    natural,
    own,
    text,
    texts,
    unit_text,
)
from tiepoint_tomography.nxdata import Scale, axis_of, role_of, scales_of, signal_of
from tiepoint_tomography.nxentry import metadata_of, original_metadata, technique_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tiepoint.sdk import Kind

MOST_DATASETS = 200
LEAST_SIDE = 8
"""Tables with fewer rows or columns than this are no images."""


def sniff(path: Path, _head: bytes) -> bool:
    """Whether this reader should try: unless the file is of a maker with a reader of its own."""
    try:
        with h5_file(path) as file:
            return not _has_own_reader(file)
    except (OSError, RuntimeError, KeyError):
        return True


def _has_own_reader(file: Any) -> bool:
    """Whether the layout is one of HyperSpy, Delmic, DREAM.3D, EBSD, Arina or a table store."""
    names = set(file)
    marks = {text(attribute(file, "file_format")), text(attribute(file, "PYTABLES_FORMAT_VERSION"))}
    return bool(
        marks - {""}
        or attribute(file, "DREAM3D Version") is not None
        or names & {"DataContainers", "DataStructure", "Manufacturer", " Manufacturer"}
        or names & {"STEM Metadata", "locs", "dld"}
        or ("Acquisition0" in names and "SVIData" in (own(file, "Acquisition0") or ()))
    )


def read(path: Path) -> list[DatasetDraft]:
    """Return the plots of a NeXus file, else the arrays of an HDF5 file.

    Parameters
    ----------
    path
        The file. Data that it only links to in other files are not followed.

    Raises
    ------
    TiepointError
        If the file is damaged, or all its data lie in other files.
    """
    try:
        with h5_file(path) as file:
            groups, arrays = _inventory(file)
            drafts = [d for group in groups for d in _plot(path, group)]
            if not drafts:
                shown = [d for item in arrays[:MOST_DATASETS] for d in _array(path, item)]
                drafts = _with_rest_said(shown, len(arrays) - MOST_DATASETS)
            if not drafts:
                _refuse(path, file, groups)
            return _titled(drafts)
    except (OSError, RuntimeError, KeyError) as error:
        reason = str(error).split("(")[-1].rstrip(")\"' ")
        raise TiepointError(f"{path.name} is truncated or damaged HDF5: {reason}.") from error


def _with_rest_said(drafts: list[DatasetDraft], left_out: int) -> list[DatasetDraft]:
    if left_out <= 0:
        return drafts
    words = f"The file holds {left_out} more arrays, which are not listed."
    return [replace(draft, warnings=(*draft.warnings, words)) for draft in drafts]


def _inventory(file: Any) -> tuple[list[Any], list[Any]]:
    """Return the NeXus plots, the default one first, and all plausible arrays in natural order."""
    import h5py

    groups: list[Any] = []
    arrays: list[Any] = []

    def note(_name: str, item: Any) -> None:
        if isinstance(item, h5py.Group) and text(attribute(item, "NX_class")) == "NXdata":
            groups.append(item)
        elif isinstance(item, h5py.Dataset) and _plausible(item):
            arrays.append(item)

    file.visititems(note)
    default = _default_plot(file)
    groups.sort(key=lambda group: (group.name != default, natural(group.name)))
    arrays.sort(key=lambda item: natural(item.name))
    return groups, arrays


def _default_plot(file: Any) -> str:
    """Return the path that the ``default`` attributes lead to."""
    here = file
    for _ in range(8):
        step = text(attribute(here, "default"))
        following = own(here, step) if step else None
        if following is None or not hasattr(following, "keys"):
            break
        here = following
    return str(here.name)


def _plausible(item: Any) -> bool:
    return (
        item.shape is not None
        and item.dtype.kind in "iufb"
        and item.ndim >= 2
        and min(item.shape[-2:]) >= (1 if item.ndim > 2 else LEAST_SIDE)
        and item.size >= LEAST_SIDE**2
    )


def _plot(path: Path, group: Any) -> Iterator[DatasetDraft]:
    signal = signal_of(group)
    if signal is None or not getattr(signal, "shape", None) or signal.dtype.kind not in "iufb":
        return
    if stored_elsewhere(signal) or signal.size < 2:
        return
    scales = scales_of(group, signal)
    yield from _draft(path, signal, scales, str(group.name))


def _array(path: Path, item: Any) -> Iterator[DatasetDraft]:
    if not stored_elsewhere(item):
        yield from _draft(path, item, _own_scales(item), str(item.name))


def _own_scales(item: Any) -> list[Scale | None]:
    """Return what an array says itself: dimension scales, or ``axes`` naming its neighbours."""
    found: list[Scale | None] = [None] * item.ndim
    for at, dimension in enumerate(item.dims):
        for scale in dimension.values():
            if scale.shape == (item.shape[at],) and scale.dtype.kind in "iuf":
                name = dimension.label or str(scale.name).rpartition("/")[2]
                found[at] = Scale(name, scale[()], unit_text(scale))
    for at, name in enumerate(texts(attribute(item, "axes"))[: item.ndim]):
        scale = own(item.parent, name) if found[at] is None and name not in ("", ".") else None
        if scale is not None and getattr(scale, "shape", None) == (item.shape[at],):
            found[at] = Scale(name, scale[()], unit_text(scale))
    return found


def _draft(path: Path, item: Any, scales: list[Scale | None], key: str) -> Iterator[DatasetDraft]:
    rgb = _is_colour(item)
    named = texts(attribute(item, "axes"))
    axes = _axes(item, scales, named if len(named) == item.ndim else [], rgb)
    kind = _kind(axes, rgb)
    if kind is None:
        return
    yield DatasetDraft(
        title=key,
        key=key,
        technique=technique_of(item),
        kind=kind,
        axes=axes,
        array=h5_array(path, item),
        rgb=rgb,
        metadata=metadata_of(item),
        original=partial(original_metadata, path, str(item.name)),
        warnings=(*_nameless_words(scales), *missing_words(axes)),
        quantity=_quantity(item),
    )


def _quantity(item: Any) -> Quantity:
    """Return what the values are, where the array states a unit."""
    unit = unit_text(item)
    name = text(attribute(item, "long_name")) or str(item.name).rpartition("/")[2]
    return Quantity(name=name, unit=unit) if unit else Quantity()


def _axes(item: Any, scales: list[Scale | None], named: list[str], rgb: bool) -> tuple[Axis, ...]:
    """Return the axes; those without positions are space if the array has too few of it."""
    stated = [axis_of(scale) if scale is not None else None for scale in scales]
    if rgb:
        stated[-1] = Axis(name="channel", size=item.shape[-1], role="channel")
    if text(attribute(item, "interpretation")) == "spectrum" and stated[-1] is None:
        stated[-1] = Axis(name="channel", size=item.shape[-1], role="energy")
    for at, name in enumerate(named):
        if stated[at] is None and name not in ("", ".") and role_of(name) != "space":
            stated[at] = Axis(name=name, size=item.shape[at], role=role_of(name))
    free = [at for at, axis in enumerate(stated) if axis is None]
    steps = _element_size(item)
    spatial = sum(axis is not None and axis.role == "space" for axis in stated)
    for name, at in zip("xyz"[spatial:], reversed(free), strict=False):
        step, unit = steps[at] if at < len(steps) else (None, None)
        stated[at] = spatial_axes([_free_name(named, at, name)], [item.shape[at]], [step], unit)[0]
    for at in free:
        if stated[at] is None:
            stated[at] = Axis(
                name=_free_name(named, at, "index"), size=item.shape[at], role="index"
            )
    return in_one_unit(_enough_space([axis for axis in stated if axis is not None]))


def _free_name(named: list[str], at: int, otherwise: str) -> str:
    return named[at] if named and named[at] not in ("", ".") else otherwise


def _enough_space(axes: list[Axis]) -> list[Axis]:
    """Turn other axes into pixel axes where fewer than two are left to show an image with."""
    space = [axis for axis in axes if axis.role == "space"]
    spectral = any(axis.role in ("energy", "reciprocal") for axis in axes)
    if len(space) >= 2 or spectral or len(axes) < 2:
        return axes
    flat = [at for at, axis in enumerate(axes) if axis.role in ("index", "time")]
    for at in reversed(flat[-(2 - len(space)) :]):
        axes[at] = Axis(name=axes[at].name, size=axes[at].size)
    return axes


def _element_size(item: Any) -> list[tuple[float | None, str | None]]:
    """Return ``element_size_um``, which ilastik and Fiji write, per axis."""
    value = attribute(item, "element_size_um")
    try:
        sizes = [float(v) for v in value] if value is not None else []
    except (TypeError, ValueError):
        return []
    pad: list[tuple[float | None, str | None]] = [(None, None)] * (item.ndim - len(sizes))
    return pad + [(size, "µm") for size in sizes] if len(sizes) <= item.ndim else []


def _is_colour(item: Any) -> bool:
    image = text(attribute(item, "IMAGE_SUBCLASS")) == "IMAGE_TRUECOLOR"
    wanted = text(attribute(item, "interpretation")) in ("rgb-image", "rgba-image")
    small = item.ndim == 3 and item.shape[-1] in (3, 4) and item.dtype.kind == "u"
    return bool(small and (image or wanted or item.dtype.itemsize == 1))


def _kind(axes: tuple[Axis, ...], rgb: bool) -> Kind | None:
    roles = [axis.role for axis in axes]
    if "energy" in roles:
        return "spectrum" if len(axes) == 1 else "spectrum image"
    if len(axes) < 2:
        return None
    if "reciprocal" in roles:
        return "diffraction"
    if "time" in roles:
        return "time series"
    return "volume" if len(axes) - rgb > 2 else "image"


def _nameless_words(scales: list[Scale | None]) -> tuple[str, ...]:
    """Say which positions have no unit and were therefore not used."""
    names = [
        scale.name
        for scale in scales
        if scale is not None and axis_of(scale).role == "space" and axis_of(scale).unit is None
    ]
    if not names:
        return ()
    return (f"The file gives positions along {' and '.join(names)} without a unit.",)


def _refuse(path: Path, file: Any, groups: list[Any]) -> None:
    others = sorted({name for group in [file, *groups] for name in external_targets(group)})
    if others:
        raise TiepointError(
            f"{path.name} only links to data in {', '.join(others[:3])}: open that file instead."
        )
    raise TiepointError(f"{path.name} holds no image, volume or map.")


def _titled(drafts: list[DatasetDraft]) -> list[DatasetDraft]:
    """Name each by the part of its path that tells it from the others."""
    if len(drafts) == 1:
        return [replace(drafts[0], title="")]
    parts = [draft.title.strip("/").split("/") for draft in drafts]
    lead = _shared(parts)
    tail = _shared([part[lead:][::-1] for part in parts])
    return [
        replace(draft, title="/".join(part[lead : len(part) - tail]))
        for draft, part in zip(drafts, parts, strict=True)
    ]


def _shared(parts: list[list[str]]) -> int:
    """Return how many leading names all share, leaving each at least one."""
    shortest = min(len(part) for part in parts) - 1
    count = 0
    while count < shortest and len({part[count] for part in parts}) == 1:
        count += 1
    return count
