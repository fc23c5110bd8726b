"""The PyTorch milestones with NumPy arrays in and out, for callers without PyTorch, such as a grader."""
