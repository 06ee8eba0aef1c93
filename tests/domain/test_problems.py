"""A Problem carries a code and values, and shows no value to a log."""

import pickle

from gridworker.domain.problems import Problem


def test_a_problem_keeps_its_code_and_values() -> None:
    problem = Problem("file_locked", path="a.xlsx", row=3)
    assert problem.code == "file_locked"
    assert problem.values == {"path": "a.xlsx", "row": 3}


def test_a_report_written_from_a_problem_names_the_values_but_does_not_show_them() -> None:
    problem = Problem("repeated_person", name="王秀兰")
    assert repr(problem) == "Problem('repeated_person', name=…)"
    assert str(problem) == "repeated_person"


def test_a_problem_survives_the_way_from_one_process_to_another() -> None:
    problem = pickle.loads(pickle.dumps(Problem("file_locked", path="a.xlsx")))
    assert (problem.code, problem.values) == ("file_locked", {"path": "a.xlsx"})
