"""The messages between a laptop and the centre, and their encoding: GridSync 1."""
