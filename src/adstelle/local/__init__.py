"""Adstelle on one machine: a database of its own, all processes, a demo."""
