"""Rows that say what another row says: candidates by what duplicates share, each compared before one goes."""
