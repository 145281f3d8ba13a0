"""A teacher makes questions and answers from sections, and sets some wordings aside as probes."""
