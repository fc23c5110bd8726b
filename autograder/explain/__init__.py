"""Explains a failed case of a report: replays it, makes it smaller and shows it."""
