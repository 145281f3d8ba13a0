"""The stages, a folder each, and the models that they share."""
