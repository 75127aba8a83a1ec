"""The recursion of the limit for values, layer by layer, every expectation by Gauss and Hermite in two variables."""

import math

import jax.numpy as jnp
import numpy as np
from numpy.polynomial import hermite_e

from hpcpinn.model import activations


def classical(network, x, nodes=200):
    """The tangent kernel of a perceptron in the NTK parametrisation."""
    w, b = network.weight_std**2, network.bias_std**2
    covariance = w * x @ x.T / x.shape[1] + b
    tangent = covariance
    for _ in range(network.depth):
        value, slope = (expectations(network.activation, covariance, order, nodes) for order in (0, 1))
        covariance = w * value + b
        tangent = covariance + w * slope * tangent
    return tangent


def expectations(activation, covariance, order, nodes):
    """E[phi(a) phi(b)], or of the slopes, for every pair."""
    z, weight = hermite_e.hermegauss(nodes)
    weight = weight / math.sqrt(2 * math.pi)
    std = np.sqrt(np.diag(covariance))
    phi = activations.activation(activation)
    found = np.empty_like(covariance)
    for i, j in np.ndindex(covariance.shape):
        rho = np.clip(covariance[i, j] / (std[i] * std[j]), -1, 1)
        left = np.asarray(phi(jnp.asarray(std[i] * z), order)[order])
        right = np.asarray(phi(jnp.asarray(std[j] * (rho * z[:, None] + math.sqrt(1 - rho**2) * z)), order)[order])
        found[i, j] = weight @ (left[:, None] * right) @ weight
    return found
