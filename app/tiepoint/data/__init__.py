"""Opened datasets: the readers' door, lazy arrays, what a file holds."""
