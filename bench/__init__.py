"""Measurements, as ratios to what this machine can do in the same run. Nothing here is asserted in a timed test."""
