"""Leaves out rows that are not worth training on, each with its reason: data-juicer's operators, and comparison."""
