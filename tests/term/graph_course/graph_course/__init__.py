"""Milestones on graphs."""
