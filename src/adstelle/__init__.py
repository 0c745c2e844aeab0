"""Adstelle: where people report discrimination, advisers answer, and a city learns from it."""

__version__ = "0.1.0"
