"""One task, from the study to the store: the only place where numerics and disk meet."""
