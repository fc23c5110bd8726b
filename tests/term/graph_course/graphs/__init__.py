"""What students of the graph course complete."""
