"""Opening a file: the first reader that understands it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tiepoint.data.answers import MissingAnswer, answering
from tiepoint.data.h5_guard import is_hdf5
from tiepoint.data.registry import ReaderSpec, candidates, read_with, readers
from tiepoint.support.errors import TiepointError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tiepoint.data.draft import DatasetDraft


def open_file(
    path: Path, reader: str = "", answers: Mapping[str, str] | None = None
) -> tuple[ReaderSpec, list[DatasetDraft]]:
    """Find what `path` holds, without reading its values.

    Parameters
    ----------
    path
        A file, or a folder that is one dataset (OME-Zarr).
    reader
        Name of the reader to use; empty: the first that fits.
    answers
        What a person answered to the questions that the file leaves open.

    Raises
    ------
    MissingAnswer
        If a reader needs to know more than the file says.
    TiepointError
        In words, if no reader can open it.
    """
    found = candidates(path)
    if reader:
        found = [spec for spec in found if spec.name == reader] or found
    refusals: list[TiepointError] = []
    for spec in found:
        with answering(answers or {}) as used:
            drafts = _try(spec, path, refusals)
        if drafts:
            return spec, [replace(draft, answers=dict(used)) for draft in drafts]
    if refusals:
        raise next((r for r in refusals if isinstance(r, MissingAnswer)), refusals[0])
    if path.is_file():
        from tiepoint.data.napari_readers import read_with_napari

        other = read_with_napari(path)
        if other is not None:
            return other
    raise TiepointError(_unknown_format(path))


def _try(spec: ReaderSpec, path: Path, refusals: list[TiepointError]) -> list[DatasetDraft]:
    try:
        drafts = read_with(spec, path)
    except TiepointError as error:
        refusals.append(error)
        return []
    except ImportError as error:
        need = f" Install it with: pip install 'tiepoint[{spec.extra}]'." if spec.extra else ""
        words = f"{path.name} needs a library that is not installed ({error.name}).{need}"
        refusals.append(TiepointError(words))
        return []
    except MemoryError:
        refusals.append(
            TiepointError(
                f"{path.name} declares more data than fits into memory; it may be damaged."
            )
        )
        return []
    except Exception as error:  # noqa: BLE001  parsers of foreign formats raise anything
        detail = str(error).strip().splitlines()
        refusals.append(
            TiepointError(
                f"{path.name} is damaged or not a {spec.label} file"
                f" ({type(error).__name__}{': ' + detail[0][:160] if detail else ''})."
            )
        )
        return []
    if not drafts:
        refusals.append(TiepointError(f"{path.name} holds no dataset that Tiepoint can show."))
    return [replace(draft, original=Original(path.name, draft.original)) for draft in drafts]


@dataclass(frozen=True)
class Original:
    """Gives a dataset's verbatim metadata, or says in words why it cannot."""

    file: str
    read: Callable[[], Mapping[str, Any]]

    def __call__(self) -> Mapping[str, Any]:
        """Return the vendor's metadata, JSON-able.

        Raises
        ------
        TiepointError
            If they cannot be read: the file is gone or damaged.
        """
        try:
            return self.read()
        except TiepointError:
            raise
        except Exception as error:
            raise TiepointError(
                f"The original metadata of {self.file} cannot be read: the file is damaged, or was"
                f" moved or changed ({type(error).__name__})."
            ) from error


WORDS = (".csv", ".tsv", ".txt", ".xml", ".json", ".pts", ".cfg", ".yaml", ".yml", ".md", ".xlsx")
"""Endings of files that hold text or tables rather than measurements."""


def _unknown_format(path: Path) -> str:
    if path.is_dir():
        return (
            f"{path.name or path.resolve()} is a folder, but neither OME-Zarr nor a DICOM series"
            " nor numbered images. Open the files in it."
        )
    if path.suffix.lower() in WORDS:
        return (
            f"{path.name} holds no image, map or spectrum that Tiepoint knows. If it lists landmark"
            " pairs, import them into a registration."
        )
    if is_hdf5(path):
        return (
            f"{path.name} is an HDF5 file, but it holds no image, map or volume in a layout that"
            " Tiepoint knows. Write it as NeXus (NXdata), or export it as TIFF."
        )
    if any("*" not in spec.patterns and spec.matches_name(path) for spec in readers()):
        return (
            f"{path.name} ends in {path.suffix.lower()}, but its content is not of a kind that"
            " Tiepoint reads under that ending: it is damaged, or another program's. Export it as"
            " TIFF or HDF5 from the instrument's software."
        )
    suffix = "".join(path.suffixes[-2:]) or "no extension"
    known = sum(len(spec.patterns) for spec in readers())
    return (
        f"No reader knows {path.name} ({suffix}); {known} file patterns are supported."
        " Export it as TIFF or HDF5 from the instrument's software."
    )
