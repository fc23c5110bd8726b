"""Commands for looking at a class again: after checks were changed, and side by side."""
