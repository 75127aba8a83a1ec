"""Where tasks run: one driver loop over one executor interface."""
