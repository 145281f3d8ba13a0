"""The stages, a folder each, and the models that they share."""

import os

# Threads that wait for one another give the core away instead of spinning; read by OpenMP when torch is first imported.
# Where other work shares the cores, spinning made training several times as slow.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
