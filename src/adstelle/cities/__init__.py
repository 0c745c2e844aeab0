"""The cities: one folder of data for each, no code."""
