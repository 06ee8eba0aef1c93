"""Chinese numerals as they stand in addresses and dates."""

_DIGITS = {"〇": "0", "○": "0", "零": "0", "两": "2"} | {
    c: str(i) for i, c in enumerate("一二三四五六七八九", 1)
}

TENS_PATTERN = "(?:[一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九])"
"""A numeral from one to 99 (九, 十二, 二十一), as a regular expression that captures nothing."""
ROW_PATTERN = "[〇○零一二三四五六七八九]"
"""One digit of a row such as 五〇一, as a regular expression that captures nothing."""


def digits_of(numeral: str) -> str | None:
    """The ASCII digits of 12, 十二, 二十一 or 五〇一, leading zeros kept; None for anything else."""
    if numeral.isascii():
        return numeral if numeral.isdigit() else None
    if "十" in numeral:
        return _tens(numeral)
    digits = [_DIGITS.get(char) for char in numeral]
    return "".join(digit for digit in digits if digit) if all(digits) else None


def _tens(numeral: str) -> str | None:
    tens, _, ones = numeral.partition("十")
    if len(tens) > 1 or len(ones) > 1:
        return None
    ten, one = _DIGITS.get(tens or "一"), _DIGITS.get(ones or "〇")
    return f"{ten}{one}" if ten and one and ten != "0" else None
