"""The report of one submission as JSON, and what is rendered from it."""
