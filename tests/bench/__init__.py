"""What the matcher is worth and what it costs, beside methods that anyone could take from a shelf: `make bench`."""
