"""Where rows are worked on, chunk by chunk: here, in processes of this machine, or on a Ray cluster."""
