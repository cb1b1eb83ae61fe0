"""Diffraction patterns, one per point of a scan: axes, virtual detectors, sums, bright disc.

Knows neither files nor windows; values are arrays (y, x, ky, kx), in memory or lazy.
"""
