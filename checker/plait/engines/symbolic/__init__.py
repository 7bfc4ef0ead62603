"""The symbolic engine: bounded search and proofs by z3 on finite models."""
