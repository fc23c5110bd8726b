"""Commands of the grading service."""
