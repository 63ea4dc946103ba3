"""Measurements: the speed of the package, and the long runs that the lessons report."""
