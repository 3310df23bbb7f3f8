"""Processes are killed and frozen at random while runs go on; then every run must be what it would have been."""
