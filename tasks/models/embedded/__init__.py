"""A toy base model that is bundled, so that the pipeline can be proved with no hub: not a language model to use."""
