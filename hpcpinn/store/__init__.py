"""What was found: one labelled array per quantity, and a ledger that says which tasks are done. The home of zarr."""
