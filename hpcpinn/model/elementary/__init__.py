"""Elementary functions with all their derivatives: what the activations are made of."""
