"""A package of a course; its modules are those of this library."""
