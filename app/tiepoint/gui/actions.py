"""Every action: its menu, words, key and the window's method that does it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ActionSpec:
    """One action.

    Attributes
    ----------
    name
        Method of the main window that does it.
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


MENUS = ("File", "Edit", "View", "Register", "Spectra", "Regions", "Help")

ACTIONS = (
    ActionSpec("new_project", "File", "New project", ("Ctrl+N",)),
    ActionSpec("open_project", "File", "Open…", ("Ctrl+O",)),
    ActionSpec("open_demo", "File", "Open demo project"),
    ActionSpec("choose_files", "File", "Add datasets…", ("Ctrl+Shift+O",), separator=True),
    ActionSpec("save", "File", "Save", ("Ctrl+S",), separator=True),
    ActionSpec("save_as", "File", "Save as…", ("Ctrl+Shift+S",)),
    ActionSpec("export_overlay", "File", "Export overlay picture…", ("Ctrl+P",), separator=True),
    ActionSpec("quit", "File", "Quit", ("Ctrl+Q",), separator=True),
    ActionSpec("undo", "Edit", "Undo", ("Ctrl+Z",)),
    ActionSpec("redo", "Edit", "Redo", ("Ctrl+Shift+Z",)),
    ActionSpec("rename_dataset", "Edit", "Rename dataset…", separator=True),
    ActionSpec("calibrate_dataset", "Edit", "Set pixel size…"),
    ActionSpec("remove_dataset", "Edit", "Remove dataset"),
    ActionSpec("show_palette", "Edit", "Command palette…", ("Ctrl+Shift+P",), separator=True),
    ActionSpec("view_in_selected", "View", "View in this frame", ("F",)),
    ActionSpec("reset_view", "View", "Show all of the frame", ("Ctrl+0",)),
    ActionSpec("centre_selected", "View", "Show all of the selected dataset", ("Ctrl+Shift+0",)),
    ActionSpec("level_section", "View", "Untilted section through the middle"),
    ActionSpec("single", "View", "Single", ("F5",), separator=True),
    ActionSpec("side_by_side", "View", "Side by side", ("F6",)),
    ActionSpec("three_panes", "View", "Side by side and blend", ("F7",)),
    ActionSpec("switch_theme", "View", "Switch light and dark", separator=True),
    ActionSpec("landmark_mode", "Register", "Landmark mode", ("Space",), checkable=True),
    ActionSpec("confirm_partner", "Register", "Confirm the predicted partner", ("Return",)),
    ActionSpec("next_model", "Register", "Next model", ("F2",)),
    ActionSpec("delete_pair", "Register", "Delete the selected pair", ("D",)),
    ActionSpec("next_pair", "Register", "Next pair", ("Ctrl+D",)),
    ActionSpec("nearest_pair", "Register", "Nearest pair to the pointer", ("E",)),
    ActionSpec("import_pairs", "Register", "Import pairs…", separator=True),
    ActionSpec("export_pairs", "Register", "Export pairs…"),
    ActionSpec("flicker", "Register", "Flicker", ("/",), checkable=True, separator=True),
    ActionSpec("pick_spectrum", "Spectra", "Pick a region for its spectrum", ("P",)),
    ActionSpec("add_element_map", "Spectra", "Map of a line…", ("Ctrl+M",)),
    ActionSpec("draw_rectangle", "Regions", "Draw rectangle", ("R",)),
    ActionSpec("draw_ellipse", "Regions", "Draw ellipse", ("O",)),
    ActionSpec("draw_polygon", "Regions", "Draw polygon", ("G",)),
    ActionSpec("draw_line", "Regions", "Draw line", ("L",)),
    ActionSpec("draw_point", "Regions", "Draw point", ("T",)),
    ActionSpec("cancel_gesture", "Regions", "Stop drawing", ("Esc",), separator=True),
    ActionSpec("delete_region", "Regions", "Delete the selected region", ("Del",)),
    ActionSpec("show_welcome", "Help", "Welcome page"),
    ActionSpec("show_keys", "Help", "Keys", ("F1",)),
    ActionSpec("show_about", "Help", "About Tiepoint"),
)
