"""The neural tangent kernel of u_xx side by side: this package, an explicit Jacobian, neural-tangents, the GEMM rate.

`python -m benchmarks.kernel` runs all of it. The peers' environment imports `case`, `measurement`, `perceptron` and
`tangents`: they need nothing but JAX 0.4.25 and NumPy 1.26.
"""
