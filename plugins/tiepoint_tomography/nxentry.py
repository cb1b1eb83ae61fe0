"""What surrounds an array in an HDF5 file: the NeXus entry, attributes, scalars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tiepoint.sdk import Metadata, h5_file, jsonable, known
from tiepoint_tomography.h5_names import attribute, own, text, unit_text

if TYPE_CHECKING:
    from pathlib import Path

TECHNIQUES = {
    "NXtomo": "micro-CT", "NXtomoproc": "micro-CT", "NXfluo": "XRF", "NXstxm": "STXM",
    "NXxas": "XAS", "NXsas": "SAXS", "NXxrd": "XRD", "NXmx": "diffraction",
}  # fmt: skip
"""NeXus application definitions (https://manual.nexusformat.org/classes/applications/)."""


def technique_of(item: Any) -> str:
    """Return the technique that the entry's application definition names."""
    if str(item.name).startswith("/exchange/"):
        return "micro-CT"
    return TECHNIQUES.get(_scalar(_entry(item), "definition"), "unknown")


def metadata_of(item: Any) -> Metadata:
    """Return title, sample, instrument and times of the entry that holds an array."""
    entry = _entry(item)
    energy = own(entry, "instrument/monochromator/energy") if entry is not None else None
    return Metadata(
        identification=known(
            title=_scalar(entry, "title"),
            sample=_scalar(entry, "sample/name"),
            instrument=_scalar(entry, "instrument/name"),
            user=_scalar(entry, "user/name"),
            date=_scalar(entry, "start_time"),
        ),
        settings=known(
            beam_energy=_number(_scalar(entry, "instrument/monochromator/energy")),
            beam_energy_unit=unit_text(energy) if energy is not None else None,
        ),
    )


def _entry(item: Any) -> Any:
    """Return the NXentry or NXsubentry above an array; ``None`` if there is none."""
    here = item
    while here.name != "/":
        here = here.parent
        if text(attribute(here, "NX_class")) in ("NXentry", "NXsubentry"):
            return here
    return None


def _scalar(entry: Any, name: str) -> str:
    found = own(entry, name) if entry is not None else None
    if found is None or not hasattr(found, "shape") or found.size != 1:
        return ""
    return text(found[()]).strip()


def _number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def original_metadata(path: Path, name: str) -> dict[str, Any]:
    """Return the attributes on the way to a dataset, and the scalars beside it, verbatim."""
    import h5py

    with h5_file(path) as file:
        item = file[name]
        found = {}
        here = item
        while True:
            found[str(here.name)] = {key: jsonable(attribute(here, key)) for key in here.attrs}
            if here.name == "/":
                break
            here = here.parent
        siblings = (own(item.parent, key) for key in item.parent)
        scalars = {
            str(other.name): jsonable(other[()])
            for other in siblings
            if isinstance(other, h5py.Dataset) and other.size == 1 and other.dtype.kind in "iufSO"
        }
        return {"attributes": found, "scalars": scalars}
