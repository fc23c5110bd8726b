"""Starts code that is not trusted, watches it and ends it."""
