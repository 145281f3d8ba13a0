"""Finding the sections of all documents that a question is answered from."""
