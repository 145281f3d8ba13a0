"""The aligned model as whole weights that load without an adapter."""
