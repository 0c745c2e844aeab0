"""Keeping and erasing, as advisers see it: what goes when, what is held, what the person wants."""
