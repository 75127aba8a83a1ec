"""Infinite width: the limit of the kernel of a problem, exactly for linear terms and in law for nonlinear ones."""
