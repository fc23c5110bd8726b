"""What the PyTorch side shares: the import itself, data loaders, training loops, initial weights, stored nets."""
