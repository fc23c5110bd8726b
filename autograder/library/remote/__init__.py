"""A submission's library on a worker in a sandbox: its transport, its time, and what need not be asked."""
