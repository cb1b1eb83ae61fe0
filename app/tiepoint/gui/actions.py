"""Every action: its menu, words, key and the window's method that does it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ActionSpec:
    """One action.

    Attributes
    ----------
    name
        ``controller.method`` that does it; ``window`` is the main window itself.
    menu
        Menu it stands in.
    text
        Words in the menu and the palette.
    keys
        Key sequences, portable text.
    checkable
        Whether it is a state that is on or off.
    separator
        Whether a line stands before it.
    """

    name: str
    menu: str
    text: str
    keys: tuple[str, ...] = ()
    checkable: bool = False
    separator: bool = False


MENUS = ("File", "Edit", "View", "Register", "Spectra", "Patterns", "Regions", "Help")

ACTIONS = (
    ActionSpec("files.new_project", "File", "New project", ("Ctrl+N",)),
    ActionSpec("files.open_project", "File", "Open…", ("Ctrl+O",)),
    ActionSpec("files.open_demo", "File", "Open demo project"),
    ActionSpec("files.choose_files", "File", "Add datasets…", ("Ctrl+Shift+O",), separator=True),
    ActionSpec("files.save", "File", "Save", ("Ctrl+S",), separator=True),
    ActionSpec("files.save_as", "File", "Save as…", ("Ctrl+Shift+S",)),
    ActionSpec("sharing.share_copy", "File", "Share a copy…"),
    ActionSpec("recovering.look", "File", "Recover unsaved changes…"),
    ActionSpec("links.relink", "File", "Find data files…", separator=True),
    ActionSpec("files.allow_folder", "File", "Allow a data folder…"),
    ActionSpec("links.check_project", "File", "Check project…"),
    ActionSpec("links.pack", "File", "Pack…"),
    ActionSpec("links.export", "File", "Export project…"),
    ActionSpec(
        "files.export_overlay", "File", "Export overlay picture…", ("Ctrl+P",), separator=True
    ),
    ActionSpec("window.quit", "File", "Quit", ("Ctrl+Q",), separator=True),
    ActionSpec("window.undo", "Edit", "Undo", ("Ctrl+Z",)),
    ActionSpec("window.redo", "Edit", "Redo", ("Ctrl+Shift+Z",)),
    ActionSpec("metadata.show", "Edit", "Metadata of the dataset", ("Ctrl+I",)),
    ActionSpec("metadata.copy", "Edit", "Copy metadata"),
    ActionSpec("history.show", "Edit", "History", ("Ctrl+H",)),
    ActionSpec("history.go_back", "Edit", "Go back to the selected state"),
    ActionSpec("datasets.rename_dataset", "Edit", "Rename dataset…", separator=True),
    ActionSpec("datasets.calibrate_dataset", "Edit", "Set pixel size…"),
    ActionSpec("datasets.set_technique", "Edit", "Technique…"),
    ActionSpec("datasets.correct_tilt", "Edit", "Correct for tilt…"),
    ActionSpec("datasets.mark_model_derived", "Edit", "Mark as made by a model, or not"),
    ActionSpec("datasets.remove_dataset", "Edit", "Remove dataset"),
    ActionSpec(
        "window.show_palette", "Edit", "Command palette…", ("Ctrl+Shift+P",), separator=True
    ),
    ActionSpec("window.show_preferences", "Edit", "Preferences…", ("Ctrl+,",)),
    ActionSpec("views.view_in_selected", "View", "View in this frame", ("F",)),
    ActionSpec("views.reset_view", "View", "Show all of the frame", ("Ctrl+0",)),
    ActionSpec(
        "views.centre_selected", "View", "Show all of the selected dataset", ("Ctrl+Shift+0",)
    ),
    ActionSpec(
        "sections.level_section",
        "View",
        "Untilted section through the middle",
        ("Ctrl+Shift+L",),
        separator=True,
    ),
    ActionSpec("sections.look_along_z", "View", "Look along z", ("Ctrl+Alt+Z",)),
    ActionSpec("sections.look_along_y", "View", "Look along y", ("Ctrl+Alt+Y",)),
    ActionSpec("sections.look_along_x", "View", "Look along x", ("Ctrl+Alt+X",)),
    ActionSpec("sections.look_along", "View", "Look along…", ("Ctrl+L",)),
    ActionSpec(
        "sections.align_with_selected",
        "View",
        "Section in the selected image's plane",
        ("Shift+F",),
    ),
    ActionSpec("sections.switch_thickness", "View", "Thick section", ("Shift+S",)),
    ActionSpec("datasets.switch_contours", "View", "Contour lines", ("Shift+C",)),
    ActionSpec(
        "vectors.toggle", "View", "Arrows of the vector field", ("Shift+V",), checkable=True
    ),
    ActionSpec("vectors.toggle_mean", "View", "Arrows less their mean", checkable=True),
    ActionSpec("vectors.add_maps", "View", "Add magnitude and direction maps"),
    ActionSpec("views.single", "View", "Single", ("F5",), separator=True),
    ActionSpec("views.side_by_side", "View", "Side by side", ("F6",)),
    ActionSpec("views.three_panes", "View", "Side by side and blend", ("F7",)),
    ActionSpec("series.previous_scan", "View", "Previous scan", (",",), separator=True),
    ActionSpec("series.next_scan", "View", "Next scan", (".",)),
    ActionSpec("series.edit_series", "View", "Time series…"),
    ActionSpec("series.add_log", "View", "Add log…"),
    ActionSpec("space.toggle", "View", "3D", ("Ctrl+Y",), checkable=True),
    ActionSpec("space.save_picture", "View", "Save 3D picture…"),
    ActionSpec("window.switch_theme", "View", "Switch light and dark", separator=True),
    ActionSpec("register.landmark_mode", "Register", "Landmark mode", ("Space",), checkable=True),
    ActionSpec(
        "register.confirm_partner", "Register", "Confirm the predicted partner", ("Return",)
    ),
    ActionSpec("register.next_model", "Register", "Next model", ("F2",)),
    ActionSpec("register.delete_pair", "Register", "Delete the selected pair", ("D",)),
    ActionSpec("register.next_pair", "Register", "Next pair", ("Ctrl+D",)),
    ActionSpec("register.nearest_pair", "Register", "Nearest pair to the pointer", ("E",)),
    ActionSpec("datasets.place_by_stage", "Register", "Place by stage position", separator=True),
    ActionSpec("finding.shift", "Register", "Find the shift", separator=True),
    ActionSpec("finding.mutual_information", "Register", "Find by mutual information"),
    ActionSpec("finding.plane_in_volume", "Register", "Find the plane in the volume"),
    ActionSpec("finding.marks", "Register", "Find marks or beads…"),
    ActionSpec("finding.grid", "Register", "Find a grid of spots…"),
    ActionSpec("finding.drift", "Register", "Find the drift of a time series"),
    ActionSpec("finding.poses", "Register", "Show the poses that are left open"),
    ActionSpec("finding.refine_pair", "Register", "Refine the selected pair"),
    ActionSpec("register.import_pairs", "Register", "Import pairs…", separator=True),
    ActionSpec("register.export_pairs", "Register", "Export pairs…"),
    ActionSpec(
        "comparing.fade", "Register", "Fade between moving and fixed", ("Alt+1",), separator=True
    ),
    ActionSpec("comparing.rock", "Register", "Rock", ("Alt+2",), checkable=True),
    ActionSpec("comparing.flicker", "Register", "Flicker", ("/",), checkable=True),
    ActionSpec("comparing.swipe", "Register", "Swipe", ("Alt+3",), checkable=True),
    ActionSpec("comparing.checkerboard", "Register", "Checkerboard", ("Alt+4",), checkable=True),
    ActionSpec("comparing.difference", "Register", "Difference", ("Alt+5",), checkable=True),
    ActionSpec("comparing.edges", "Register", "Edge overlay", ("Alt+6",), checkable=True),
    ActionSpec(
        "alignment.toggle_warped",
        "Register",
        "Moving dataset warped",
        ("T",),
        checkable=True,
        separator=True,
    ),
    ActionSpec("alignment.copy_to_moving", "Register", "Fixed view to the moving pane", ("Q",)),
    ActionSpec("alignment.copy_to_fixed", "Register", "Moving view to the fixed pane", ("W",)),
    ActionSpec(
        "alignment.section_through_pairs", "Register", "Section through the pairs", ("Shift+T",)
    ),
    ActionSpec(
        "alignment.follow_plane",
        "Register",
        "Keep the section in the moving image's plane",
        ("Ctrl+Shift+T",),
        checkable=True,
    ),
    ActionSpec("monitor.go_next", "Register", "Go where to click next", ("N",), separator=True),
    ActionSpec("monitor.edit_needed", "Register", "Error needed at the target…", ("Shift+N",)),
    ActionSpec(
        "monitor.toggle_hatching",
        "Register",
        "Hatch what is not to be trusted",
        ("H",),
        checkable=True,
    ),
    ActionSpec("branches.keep", "Register", "Keep as branch…", ("Ctrl+B",), separator=True),
    ActionSpec("branches.use_next", "Register", "Use the next branch", ("Ctrl+Shift+B",)),
    ActionSpec("branches.rename", "Register", "Rename branch…"),
    ActionSpec("branches.remove", "Register", "Remove this registration"),
    ActionSpec(
        "spectra.pick_spectrum", "Spectra", "Pick a region for its spectrum or pattern", ("P",)
    ),
    ActionSpec("spectra.keep_region", "Spectra", "Keep the picked region", ("K",)),
    ActionSpec(
        "spectra.follow_pointer",
        "Spectra",
        "Spectrum or pattern under the pointer",
        ("Shift+P",),
        checkable=True,
    ),
    ActionSpec("spectra.toggle_log", "Spectra", "Logarithmic counts", ("Shift+L",)),
    ActionSpec("spectra.add_element_map", "Spectra", "Map of a line…", ("Ctrl+M",), separator=True),
    ActionSpec("spectra.choose_elements", "Spectra", "Periodic table…", ("Ctrl+Shift+E",)),
    ActionSpec("spectra.toggle_preview", "Spectra", "Show the map of the window", ("Shift+M",)),
    ActionSpec(
        "spectra.add_window_map", "Spectra", "Keep the map of the window", ("Ctrl+Shift+M",)
    ),
    ActionSpec("products.ratio", "Spectra", "Ratio of two maps…", separator=True),
    ActionSpec("products.composition", "Spectra", "Composition (wt %, at %)…"),
    ActionSpec("products.decompose", "Spectra", "Components (NMF, PCA)…"),
    ActionSpec("products.thickness", "Spectra", "Thickness t/λ…"),
    ActionSpec("products.band", "Spectra", "Area, centre and width of the band"),
    ActionSpec("patterns.show", "Patterns", "Show the patterns", ("Shift+D",)),
    ActionSpec("patterns.bright_field", "Patterns", "Bright field (BF)", separator=True),
    ActionSpec("patterns.annular_bright_field", "Patterns", "Annular bright field (ABF)"),
    ActionSpec("patterns.dark_field", "Patterns", "Annular dark field (ADF)"),
    ActionSpec("patterns.high_angle", "Patterns", "High-angle annular dark field (HAADF)"),
    ActionSpec("patterns.find_centre", "Patterns", "Find the centre of the bright disc"),
    ActionSpec(
        "patterns.toggle_live", "Patterns", "Show the detector's image", ("Alt+D",), separator=True
    ),
    ActionSpec("patterns.keep_image", "Patterns", "Keep the detector's image", ("Alt+Shift+D",)),
    ActionSpec("patterns.centre_of_mass", "Patterns", "Centre of mass"),
    ActionSpec("regions.draw_rectangle", "Regions", "Draw rectangle", ("R",)),
    ActionSpec("regions.draw_ellipse", "Regions", "Draw ellipse", ("O",)),
    ActionSpec("regions.draw_polygon", "Regions", "Draw polygon", ("G",)),
    ActionSpec("regions.draw_line", "Regions", "Draw line", ("L",)),
    ActionSpec("regions.draw_point", "Regions", "Draw point", ("X",)),
    ActionSpec(
        "orienting.pin",
        "Regions",
        "Compare orientations with the point under the pointer",
        ("Shift+O",),
        separator=True,
    ),
    ActionSpec("views.cancel_gesture", "Regions", "Stop drawing", ("Esc",), separator=True),
    ActionSpec("regions.delete_region", "Regions", "Delete the selected region", ("Del",)),
    ActionSpec("window.show_welcome", "Help", "Welcome page"),
    ActionSpec("window.show_keys", "Help", "Keys", ("F1",)),
    ActionSpec("window.show_about", "Help", "About Tiepoint"),
)
