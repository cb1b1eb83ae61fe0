"""From what a reader found to the datasets of a project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tiepoint.data.cyclic import CYCLIC_MAP, cyclic_quantity
from tiepoint.data.naming import dataset_names
from tiepoint.data.opening import open_file
from tiepoint.model.base import new_id
from tiepoint.model.dataset import Dataset, Display, Link
from tiepoint.project.links import link_to
from tiepoint.session.foreign import examine_foreign

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tiepoint.data.draft import DatasetDraft


def datasets_in(path: Path, answers: Mapping[str, str] | None = None) -> list[Dataset]:
    """Return the datasets of a file or folder, named by the file and calibrated as it says.

    Parameters
    ----------
    path
        Anything that a reader opens.
    answers
        What a person said that the file does not.

    Returns
    -------
    list of Dataset
        Those of one file that share physical coordinates share a frame.

    Raises
    ------
    MissingAnswer
        If the file leaves a question open.
    TiepointError
        If no reader can open it.
    """
    path = Path(path).expanduser().absolute()
    examine_foreign(path)
    spec, drafts = open_file(path, answers=answers)
    frames: dict[str, str] = {}
    base = link_to(path, reader=spec.name)
    names = dataset_names(path, [draft.title for draft in drafts])
    return [
        _dataset(draft, name, base.replace(inner=draft.key, answers=dict(draft.answers)), frames)
        for draft, name in zip(drafts, names, strict=True)
    ]


def _dataset(draft: DatasetDraft, name: str, link: Link, frames: dict[str, str]) -> Dataset:
    frame = frames.setdefault(draft.frame, new_id()) if draft.frame else new_id()
    quantity, turn = cyclic_quantity(draft)
    return Dataset(
        name=name,
        technique=draft.technique,
        kind=draft.kind,
        axes=draft.axes,
        dtype=str(draft.array.dtype),
        frame=frame,
        link=link,
        display=Display(colormap=CYCLIC_MAP if turn else "gray", limits=turn, visible=False),
        metadata=draft.metadata,
        warnings=draft.warnings,
        group=(draft.technique,),
        rgb=draft.rgb,
        quantity=quantity,
        legend=draft.legend,
    )


def shown_first(datasets: Sequence[Dataset]) -> Dataset | None:
    """Return the dataset of a file that a person wants to see first: a picture, if there is one."""
    order = {
        "image": 0, "volume": 0, "points": 0, "labels": 1, "time series": 2, "spectrum image": 3,
        "diffraction": 4,
    }  # fmt: skip
    pictures = [d for d in datasets if d.ndim_space in (2, 3) and d.kind in order]
    return min(pictures, key=lambda d: order[d.kind], default=None)
