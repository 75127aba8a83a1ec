"""Executors: one kind per file, all behind `concurrent.futures.Executor`."""
