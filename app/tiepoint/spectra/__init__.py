"""Spectra: lines and edges, element maps, spectra of regions.

Energies of X-ray lines are in keV, of EELS edges in eV; a window is in the unit of its axis unless
a unit is said. A window ``[a, b]`` means the channels whose centres lie in it, both ends included.
"""
