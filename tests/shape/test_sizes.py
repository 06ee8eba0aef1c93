"""Short functions, short files, few positional arguments: the sizes that make code readable at a glance."""

from statistics import median, quantiles

from tests.shape.source import EVERYTHING, PROGRAM, Function, assert_none, functions, length, modules

POSITIONAL = 4


def positional(function: Function) -> int:
    """How many arguments may be given by position, without self and cls."""
    names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def test_no_function_is_longer_than_sixty_lines() -> None:
    long = [
        f"{module.at(function)} {function.name}: {length(function)} lines"
        for module in modules(*EVERYTHING)
        for function in functions(module)
        if length(function) > 60
    ]
    assert_none(long)


def test_half_the_functions_have_at_most_seven_lines_and_nine_in_ten_at_most_twenty() -> None:
    lengths = [length(function) for module in modules(*PROGRAM) for function in functions(module)]
    assert median(lengths) <= 7
    assert quantiles(lengths, n=10)[-1] <= 20


def test_no_file_is_longer_than_five_hundred_lines() -> None:
    long = [
        f"{module.path}: {module.text.count(chr(10))} lines"
        for module in modules(*EVERYTHING)
        if module.text.count("\n") > 500
    ]
    assert_none(long)


def test_nine_files_in_ten_have_at_most_three_hundred_lines() -> None:
    lengths = [module.text.count("\n") for module in modules(*PROGRAM)]
    assert quantiles(lengths, n=10)[-1] <= 300


def test_no_function_takes_more_than_four_arguments_by_position() -> None:
    many = [
        f"{module.at(function)} {function.name}: make some keyword-only"
        for module in modules("gridworker", "benchmarks", "packaging", "dev.py")
        for function in functions(module)
        if positional(function) > POSITIONAL
    ]
    assert_none(many)
