"""What models think of each row: how likely it is, how well a reward model likes it, and what a judge says of it."""
