"""The labs as the product trains and stores their runs: what `make labs` prints."""
