"""The desktop: windows, screens and everything that paints."""
