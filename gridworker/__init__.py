"""Gridworker (网格通行), the offline-first desktop of community grid workers."""

__version__ = "0.1.0"
