"""Preference pairs from the tuned model's own answers, judged by the reference."""
