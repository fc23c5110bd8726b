"""Folders that commands make: a course, and a milestone of a course's own."""
