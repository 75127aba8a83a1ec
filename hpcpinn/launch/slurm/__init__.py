"""Slurm: cluster profiles, script text, submission, and what an element of an array does."""
