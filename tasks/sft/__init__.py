"""Supervised fine-tuning on conversations: LoRA, QLoRA or all weights, by trl."""
