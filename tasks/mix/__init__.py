"""Mixes domain rows with general ones, so that a model learns the documents and forgets nothing else."""
