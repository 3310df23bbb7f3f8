"""The teacher's pages: the class, its queue, and what it has said."""
