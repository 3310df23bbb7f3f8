"""`make bench`: how fast it is. Prints a table; nothing is asserted.

Times of one thing depend on the machine, so each is set against another one measured in the same run, turn by turn;
only what a person waits for is given in seconds.
"""
