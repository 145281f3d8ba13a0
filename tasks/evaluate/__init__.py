"""Did the model learn the documents, keep what it knew, and not invent more? Closed-book answers, scored and tested."""
