"""The explorer of the milestone pytorch."""
