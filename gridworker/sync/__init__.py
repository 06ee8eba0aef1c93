"""The exchange between the local copy and the centre: push, pull, checkpoint."""
