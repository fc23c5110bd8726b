"""A failed case of a report once more: replayed, made smaller, shown."""
