"""The window: application, main window, actions, panels and dialogs. The room of Qt."""
