"""Pages to learn from, which answer without the server."""
