"""Tiepoint: the correlative viewer for materials characterisation."""

__version__ = "0.1.0"
