"""Measure Adstelle against the physical limit, in one run: ``./dev bench``."""
