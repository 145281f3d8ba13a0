"""The line to chat endpoints: what is asked once is kept, paid once, and never costs more than it may."""
