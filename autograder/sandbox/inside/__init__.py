"""Everything of ours that a sandbox shows. Nothing in here may hold a secret."""
