"""What students get, made from the sources of a course."""
