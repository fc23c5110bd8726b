"""What one grader keeps from hand-in to hand-in: its process, and the seed of those that waited together."""
