"""Reference solutions of problems without one in closed form: one solver per file, by NumPy and SciPy alone.

Nothing here knows disks or JAX: `hpcpinn.run.references` keeps what was computed, and a problem imports its solver when
its `reference` is called.
"""
