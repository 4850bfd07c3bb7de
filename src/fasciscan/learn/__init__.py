"""Training the network that judges candidates: examples, loop, calibration, export. Torch is imported here alone."""
