"""Which submissions look alike, with the evidence side by side. A person judges; nothing here accuses."""
