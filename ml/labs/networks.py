"""Other networks than dense ones from scratch: reused layers, convolutions."""

LABS = {}
