"""Record kinds and rules of the field, without input, output or clock."""
