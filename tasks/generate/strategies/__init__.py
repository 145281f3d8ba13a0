"""Ways to make rows of a section: each asks the teacher something else."""
