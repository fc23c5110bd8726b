"""What the visible checks of every milestone share: how they run, how they look, how values are compared."""
