"""Models that stages share: the chat client, local Hugging Face models, the embedded base model."""
