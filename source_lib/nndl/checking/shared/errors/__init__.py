"""What an error means: in plainer words, and with hints that the values at hand support."""
