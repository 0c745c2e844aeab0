"""Pure rules: no files, no clock, no network."""
