"""The notebook of a hand-in: read in whatever state it is, repaired against the released one, and made harmless."""
