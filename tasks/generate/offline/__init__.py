"""The teacher that needs no model: rules over the structure of a text."""
