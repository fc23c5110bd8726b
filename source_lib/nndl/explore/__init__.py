"""Interactive figures, one module each. Where nobody can move a slider they are ordinary figures."""
