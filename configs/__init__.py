"""The root configuration and the YAML files that are shipped."""
