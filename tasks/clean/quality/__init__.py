"""What a model thinks of rows: a judge behind an endpoint, perplexity, a reward model."""
