"""Layouts: how the work on a kernel is dealt out to devices, one way per file.

`rows` gives every device panels of rows, `weights` splits the weights as well, `seeds` gives every device networks.
"""
