"""Files and functions stay short enough to be read at one go; nothing is exempt."""

import ast
import statistics

from tests.architecture.sources import files_with, python_files, syntax_tree, text_of

LONGEST_FILE, MEDIAN_FILE = 500, 120
LONGEST_FUNCTION, USUAL_FUNCTION = 80, 45


def lines_of_files() -> dict[str, int]:
    read = [*python_files(), *files_with(".js", ".css", ".html", ".sh")]
    return {str(path): text_of(path).count("\n") for path in read}


def lines_of_functions() -> dict[str, int]:
    return {
        f"{path}:{node.lineno} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path in python_files()
        for node in ast.walk(syntax_tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_no_file_is_long() -> None:
    assert {path: lines for path, lines in lines_of_files().items() if lines > LONGEST_FILE} == {}


def test_files_are_short_as_a_rule() -> None:
    lengths = [lines for lines in lines_of_files().values() if lines]
    assert len(lengths) > 300
    assert statistics.median(lengths) <= MEDIAN_FILE


def test_no_function_is_long() -> None:
    assert {name: lines for name, lines in lines_of_functions().items() if lines > LONGEST_FUNCTION} == {}


def test_functions_are_short_as_a_rule() -> None:
    lengths = sorted(lines_of_functions().values())
    assert len(lengths) > 1000
    assert lengths[int(len(lengths) * 0.95)] <= USUAL_FUNCTION
