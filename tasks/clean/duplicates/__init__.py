"""Rows that say what another row says: candidates by hashes, each compared before one goes."""
