"""The canvas: the only room that imports napari."""
