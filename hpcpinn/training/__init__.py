"""Training of a network on a problem, and what is recorded on the way."""
