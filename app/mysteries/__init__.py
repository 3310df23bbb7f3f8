"""Mysteries: a teacher hides a run's settings; a class says what is wrong and what would cure it, and that is tried."""
