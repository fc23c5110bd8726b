"""What the courses have in common: helpers, and layers that take numbers of any type."""
