"""Numbers only: transforms, grids and resampling kernels."""
