"""What students hand in, read safely."""
