"""Weightings of terms and rows, one per file."""
