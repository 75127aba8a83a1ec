"""The study file: what is asked. Reading it, the grid of cells it spans, and the content hash that names it."""
