"""Whether the rules find what is wrong with a run, and only that, and whether the repairs cure it."""
