"""Kinds of source, and the rows that each is good for besides questions about facts."""
