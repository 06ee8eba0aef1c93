"""What people typed or pasted, made fit to be stored."""

import re

_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""Control characters but tab and line feed, and half characters: no file and no printer takes them."""
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029]")


def tidy(text: str) -> str:
    """The text without blanks around it, with one kind of line end, and without characters nobody can see."""
    return _UNFIT.sub("", _LINE_ENDS.sub("\n", text)).strip()
