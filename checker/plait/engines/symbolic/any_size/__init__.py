"""Proofs for any number of identities: `prove.prove_any_size`."""
