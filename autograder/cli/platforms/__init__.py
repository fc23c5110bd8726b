"""Commands that make what other platforms grade with."""
