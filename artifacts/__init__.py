"""What a stage leaves behind: records, the store that keeps them, and what can be read back from it."""
