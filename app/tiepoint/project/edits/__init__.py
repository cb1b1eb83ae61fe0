"""Edits: every function here returns a pure function ``Project -> Project``.

``document.apply("Rename HAADF", rename(dataset_id, "HAADF 80 kV"))``. Arguments that name a
dataset, registration or landmark pair are ids. An edit that cannot be done raises
`TiepointError` with a sentence and changes nothing.
"""

from tiepoint.project.edits.calibration import set_calibration, set_fle
from tiepoint.project.edits.datasets import (
    Dependents,
    add_datasets,
    dependents,
    remove_dataset,
    rename,
    set_display,
    set_group,
    set_link,
    set_model_derived,
    set_technique,
)
from tiepoint.project.edits.pairs import (
    add_pairs,
    move_pair,
    remove_pairs,
    rename_pair,
    set_pair_active,
    set_pair_fle,
)
from tiepoint.project.edits.regions import add_region, change_region, remove_region
from tiepoint.project.edits.registrations import (
    add_branch,
    add_registration,
    dismiss_question,
    keep_found,
    remove_registration,
    rename_branch,
    set_found,
    set_mirror,
    set_model,
    set_near,
    set_needed,
    set_watched,
    use_branch,
)
from tiepoint.project.edits.series import set_series, show_time
from tiepoint.project.edits.tilt import correct_tilt
from tiepoint.project.edits.view import set_project_details, set_view

__all__ = [
    "Dependents",
    "add_branch",
    "add_datasets",
    "add_pairs",
    "add_region",
    "add_registration",
    "change_region",
    "correct_tilt",
    "dependents",
    "dismiss_question",
    "keep_found",
    "move_pair",
    "remove_dataset",
    "remove_pairs",
    "remove_region",
    "remove_registration",
    "rename",
    "rename_branch",
    "rename_pair",
    "set_calibration",
    "set_display",
    "set_fle",
    "set_found",
    "set_group",
    "set_link",
    "set_mirror",
    "set_model",
    "set_model_derived",
    "set_near",
    "set_needed",
    "set_pair_active",
    "set_pair_fle",
    "set_project_details",
    "set_series",
    "set_technique",
    "set_view",
    "set_watched",
    "show_time",
    "use_branch",
]
