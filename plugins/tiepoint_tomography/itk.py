"""MetaImage, NRRD, NIfTI and single DICOM files: geometry by ITK, values straight from the file."""

from __future__ import annotations

import gzip
import re
import zlib
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tiepoint.sdk import (
    Axis,
    DatasetDraft,
    Kind,
    Metadata,
    TiepointError,
    decoded_array,
    jsonable,
    known,
    missing_words,
    raw_array,
    spatial_axes,
    view,
)
from tiepoint_tomography import dicom_tags
from tiepoint_tomography.itk_headers import Header, header_of

if TYPE_CHECKING:
    from pathlib import Path

    from tiepoint.sdk import ArrayLike

MOST_RATIO = 1100
"""Deflate cannot pack tighter: a header that announces more values is damaged."""
UNPACKED_SIZE = 1 << 20
ITK_UNIT = "mm"


def read(path: Path) -> list[DatasetDraft]:
    """Return the image or volume of the file.

    Parameters
    ----------
    path
        A ``.mha``, ``.mhd``, ``.nrrd``, ``.nhdr``, ``.nii``, ``.nii.gz`` or ``.dcm`` file, or
        either of a NIfTI pair.

    Raises
    ------
    TiepointError
        If ITK cannot read its header, or values are missing.
    """
    header = header_of(path)
    info = information(path)
    shape = (*reversed(info.GetSize()), *_components(info))
    array = _array(path, header, shape, numpy_type(info))
    axes, words = _axes(path, header, info, array.shape)
    is_dicom = path.suffix.lower() == ".dcm"
    if is_dicom and axes[0].name == "z" and axes[0].size == 1:
        array, axes = view(array, tuple(range(1, array.ndim)), ((0, 0),)), axes[1:]
    rgb = bool(_components(info)) and array.shape[-1] in (3, 4) and array.dtype == np.uint8
    return [
        DatasetDraft(
            title="",
            key="image",
            technique=dicom_tags.technique(info) if is_dicom else "unknown",
            kind=_kind(axes),
            axes=axes,
            array=array,
            rgb=rgb,
            metadata=Metadata(
                identification=(
                    dicom_tags.identification(info)
                    if is_dicom
                    else known(title=header.fields.get("content"))
                ),
                references=known(
                    origin=list(info.GetOrigin()),
                    direction=None if is_upright(info) else list(info.GetDirection()),
                ),
            ),
            original=partial(original_metadata, path),
            warnings=(*words, *missing_words(axes)),
        )
    ]


def _kind(axes: tuple[Axis, ...]) -> Kind:
    if any(axis.role == "time" for axis in axes):
        return "time series"
    return "image" if sum(axis.role == "space" for axis in axes) == 2 else "volume"


def itk() -> Any:
    """Return SimpleITK, silenced: what is wrong with a file is said by errors."""
    import SimpleITK

    library: Any = SimpleITK
    library.ProcessObject.SetGlobalWarningDisplay(False)
    return library


def information(path: Path) -> Any:
    """Return an ITK reader that knows size, spacing, origin and type, but has no values.

    Raises
    ------
    TiepointError
        If ITK refuses the file.
    """
    reader = itk().ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        words = f"{path.name} is truncated or damaged: its header is not readable."
        if path.suffix.lower() == ".dcm":
            words = f"{path.name} holds no image that can be read: it may be a report or a plan."
        raise TiepointError(words) from error
    if min(reader.GetSize(), default=0) < 1:
        raise TiepointError(f"{path.name} states an empty image.")
    return reader


def numpy_type(info: Any) -> np.dtype[Any]:
    """Return the numpy type of the values that ITK announces.

    Raises
    ------
    TiepointError
        For complex and other unusual values.
    """
    words = itk().GetPixelIDValueAsString(info.GetPixelID())
    found = re.search(r"(8|16|32|64)-bit (signed|unsigned|float)", words)
    if found is None or "complex" in words or "label" in words:
        raise TiepointError(f"Values of the type {words} cannot be shown.")
    kind = {"signed": "i", "unsigned": "u", "float": "f"}[found[2]]
    return np.dtype(f"{kind}{int(found[1]) // 8}")


def _components(info: Any) -> tuple[int, ...]:
    count = info.GetNumberOfComponents()
    return (count,) if count > 1 else ()


def _array(path: Path, header: Header, shape: tuple[int, ...], dtype: np.dtype[Any]) -> ArrayLike:
    known_place = header.data is not None and header.data[2].newbyteorder("=") == dtype
    if header.data is not None and known_place and not header.gzipped:
        file, offset, stored = header.data
        return raw_array(file, offset, shape, stored)
    need = int(np.prod(shape, dtype=np.float64)) * dtype.itemsize
    if need > UNPACKED_SIZE + MOST_RATIO * path.stat().st_size:
        raise TiepointError(f"{path.name} announces {need} bytes of values and cannot hold them.")
    if header.data is not None and known_place:
        _, offset, stored = header.data
        return decoded_array(unzip, path, shape, dtype, shape, offset, stored.str)
    return decoded_array(decode, path, shape, dtype)


def unzip(path: Path, shape: tuple[int, ...], offset: int, dtype: str) -> np.ndarray[Any, Any]:
    """Return the values of a gzipped file; ITK would fill up a file cut short with zeros.

    Raises
    ------
    TiepointError
        If the file breaks off or its checksum is wrong.
    """
    try:
        with gzip.open(path) as stream:
            data = stream.read()
        values = np.frombuffer(data, dtype, int(np.prod(shape)), offset).reshape(shape)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise TiepointError(
            f"{path.name} is truncated or damaged: its values break off."
        ) from error
    return values.astype(values.dtype.newbyteorder("="))


def decode(path: Path) -> np.ndarray[Any, Any]:
    """Return all values of the file.

    Raises
    ------
    TiepointError
        If they cannot be unpacked.
    """
    library = itk()
    try:
        if path.suffix.lower() == ".gz":
            _require_whole_gzip(path)
        return np.asarray(library.GetArrayFromImage(library.ReadImage(str(path))))
    except (RuntimeError, OSError, EOFError, zlib.error) as error:
        words = f"{path.name} is truncated or damaged: its values break off."
        raise TiepointError(words) from error


def _require_whole_gzip(path: Path) -> None:
    """Unpack everything once: a checksum that fails raises, which ITK does not look at."""
    with gzip.open(path) as stream:
        while stream.read(UNPACKED_SIZE):
            pass


def is_upright(info: Any) -> bool:
    """Whether the image axes run along the coordinate axes."""
    n = info.GetDimension()
    return bool(np.allclose(np.reshape(info.GetDirection(), (n, n)), np.eye(n), atol=1e-6))


def _axes(
    path: Path, header: Header, info: Any, shape: tuple[int, ...]
) -> tuple[tuple[Axis, ...], tuple[str, ...]]:
    """Return the axes in array order and what is doubtful about them."""
    n = info.GetDimension()
    spacing, origin = list(reversed(info.GetSpacing())), list(reversed(info.GetOrigin()))
    unit, words = _unit(path, header, spacing)
    names = ("zyx"[-n:] if n <= 3 else "t" * (n - 3) + "zyx")[-n:]
    upright = is_upright(info)
    if not upright:
        words += (
            "The file states a rotated or mirrored orientation, which is kept in the metadata and"
            " not applied.",
        )
    factor = NIFTI_MILLIMETRES.get(unit or "", 1.0) if ".nii" in path.name.lower() else 1.0
    steps: list[float | None] = [step * factor for step in spacing]
    if path.suffix.lower() == ".dcm":
        if n > 2 and spacing[-3] == 1.0 and not dicom_tags.states(info, dicom_tags.SLICE_SPACING):
            steps[-3] = None
    offsets = [start * factor for start in origin] if upright and unit else None
    flat = max(0, n - 3)
    space = spatial_axes(
        names[flat:], shape[flat:n], steps[flat:], unit, offsets[flat:] if offsets else None
    )
    frames = [Axis(name="index", size=size, role="index") for size in shape[:flat]]
    if flat == 1 and header.frame_time_s is not None:
        step_s = header.frame_time_s
        frames = [Axis(name="time", size=shape[0], scale=step_s, unit="s", role="time")]
    colour = (Axis(name="channel", size=size, role="channel") for size in shape[n:])
    return (*frames, *space, *colour), words


NIFTI_MILLIMETRES = {"m": 1e-3, "µm": 1e3}
"""ITK hands NIfTI lengths over in millimetres; back to the unit that the file states."""


def _unit(path: Path, header: Header, spacing: list[float]) -> tuple[str | None, tuple[str, ...]]:
    """Return the unit of the spacing, and the sentence to say with it."""
    name = path.name.lower()
    plain = all(step == 1.0 for step in spacing)
    if header.unit is not None:
        return header.unit, (_ONE_WORDS,) if plain else ()
    if plain:
        return None, ("A spacing of 1.0 is what programs write when they know none.",)
    if header.by_convention or name.endswith(".dcm"):
        words = "Lengths are taken as millimetres, the format's convention: the file names no unit."
        return ITK_UNIT, () if name.endswith(".dcm") else (words,)
    return None, (f"The spacing of {' × '.join(f'{s:g}' for s in spacing)} has no unit.",)


_ONE_WORDS = "A spacing of exactly 1 is what programs write when they know none: check it."


def original_metadata(path: Path) -> dict[str, Any]:
    """Return the header's entries, verbatim."""
    info = information(path)
    found: dict[str, Any] = dict(header_of(path).fields)
    for key in info.GetMetaDataKeys():
        try:
            found.setdefault(key, info.GetMetaData(key))
        except (TypeError, UnicodeDecodeError):
            continue
    return jsonable(found)  # type: ignore[no-any-return]
