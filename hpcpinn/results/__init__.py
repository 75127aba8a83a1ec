"""The answer: stores opened as labelled arrays, exponents with confidence intervals, tables and figures."""
