"""What Glorot & Bengio (2010) saw, as checks of runs that the product trained and stored."""
