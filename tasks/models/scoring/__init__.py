"""What models think of rows, each number kept as soon as it is there: losses, hidden states, rewards."""
