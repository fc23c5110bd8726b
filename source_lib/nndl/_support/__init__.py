"""What the public modules are made of: checks of arguments, storage, progress, the parts of the Solver."""
