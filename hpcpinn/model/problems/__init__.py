"""The built-in problems: one system of partial differential equations per file, each an example to copy."""
