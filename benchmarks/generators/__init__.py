"""The compared makers of questions and answers, each in its own process and its own environment."""
