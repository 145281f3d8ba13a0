"""The pipeline and the command line."""
