"""The neural tangent kernel of differential operators, without a Jacobian."""
