"""Questions that are held out from training."""
