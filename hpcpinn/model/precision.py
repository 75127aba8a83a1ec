"""The one precision policy: float64 unless a study asks for less.

Importing this module switches JAX to 64-bit numbers for the whole process. Spectra of neural tangent kernels span more
decades than float32 holds: the tail of an NTK in float32 is round-off from about the hundredth eigenvalue on.
"""

import jax
import numpy as np

jax.config.update("jax_enable_x64", True)

# TensorFloat-32, the default of a GPU for float32 products, loses the eigenvalues that a spectrum study is about.
MATMUL = jax.lax.Precision.HIGHEST

DTYPES = {"float64": np.dtype(np.float64), "float32": np.dtype(np.float32)}
