"""Labs on the web: the list, a lab's question, and what came out of its runs."""
