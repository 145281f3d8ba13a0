"""Rows out of the store in the forms that trainers and people read, and rows of one's own into `generate`."""
