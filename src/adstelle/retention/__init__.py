"""Erasing in time: what is over goes, whole or not at all; what stands in its way is counted."""
