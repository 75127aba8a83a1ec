r"""Random bits as a function of a key and a position: the Threefry-2x32 hash with 20 rounds.

Salmon, Moraes, Dror and Shaw, *Parallel random numbers: as easy as 1, 2, 3*, SC 2011. The bits are those of
`jax.random.bits(key, shape, uint64)` with `jax_threefry_partitionable`, the default. On a CPU the hash of JAX is a loop
over whole arrays; this one is written out, so that XLA fuses it with what produces the positions and uses the bits.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Key, UInt32, UInt64

# As jax.random.key_impl prints it.
NAME = "threefry2x32"

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = np.uint32(0x1BD11BDA)


def bits(key: Key[Array, ""], position: UInt64[Array, "*shape"]) -> UInt64[Array, "*shape"]:
    """64 random bits for every position; the key has to be one of Threefry."""
    first, second = jax.random.key_data(key)
    high, low = _hash(first, second, (position >> np.uint64(32)).astype(jnp.uint32), position.astype(jnp.uint32))
    return (high.astype(jnp.uint64) << np.uint64(32)) | low.astype(jnp.uint64)


def _hash(
    first: UInt32[Array, ""], second: UInt32[Array, ""], x: UInt32[Array, "*shape"], y: UInt32[Array, "*shape"]
) -> tuple[UInt32[Array, "*shape"], UInt32[Array, "*shape"]]:
    words = (first, second, first ^ second ^ _PARITY)
    x, y = x + first, y + second
    for group in range(5):
        for rotation in _ROTATIONS[group % 2]:
            x = x + y
            y = x ^ ((y << np.uint32(rotation)) | (y >> np.uint32(32 - rotation)))
        x, y = x + words[(group + 1) % 3], y + words[(group + 2) % 3] + np.uint32(group + 1)
    return x, y
