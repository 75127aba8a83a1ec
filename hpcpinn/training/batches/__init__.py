"""Which points a step looks at: one way of drawing them per file."""
