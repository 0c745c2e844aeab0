"""Protecting tables of counts: which cells have to be hidden so that no small one can be found.

Pure: it knows tables, not cases. The auditor in its own package shares no code with this one.
"""
