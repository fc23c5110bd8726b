"""Grading on somebody else's machines: Gradescope and GitHub Classroom."""
