"""Worlds of the simulator for the tests, in four files that processes share.

`.ci/run` simulates 10,000 device-days besides, and fails where one of the faults never happened in them.
"""

FIRST, SECOND, THIRD, FOURTH = range(1, 5), range(5, 9), range(9, 13), range(13, 17)
"""Seeds; 200 device-days each."""
