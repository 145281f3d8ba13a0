"""Preference optimisation (DPO) of the fine-tuned adapter, by trl."""
