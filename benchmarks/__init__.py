"""What the package costs and how fast it is, measured: see README.md in this folder."""
