"""The tour: a worker's and a leader's day by keys on the real desktops, with a picture of every screen."""

from gridworker.tour.guide import run_tour, take_tour

__all__ = ["run_tour", "take_tour"]
