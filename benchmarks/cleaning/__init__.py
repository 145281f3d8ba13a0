"""The rows that cleaners are measured on, and the cleaners, each of which runs in a process of its own."""
