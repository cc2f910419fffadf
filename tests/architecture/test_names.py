"""A file or folder is named for what it holds, and a domain error is named for what went wrong."""

import ast

from tests.architecture.sources import own_files, python_files, syntax_tree

FORBIDDEN = {"utils", "util", "helpers", "helper", "common", "misc", "base_stuff", "stuff", "tools_misc"}


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    bad = [str(path) for path in own_files() if {part.split(".")[0].lower() for part in path.parts} & FORBIDDEN]
    assert bad == []


def test_every_error_of_an_app_is_named_in_its_errors_module() -> None:
    """An exception that crosses a module is found in errors.py, below the app's one base class."""
    apps = ("hospitals", "worklist", "routing_rules", "reporting")
    bases = {app: sum(_is_root_error(node) for node in _errors_of(app)) for app in apps}
    assert bases == dict.fromkeys(apps, 1)


def _errors_of(app: str) -> list[ast.ClassDef]:
    trees = [syntax_tree(path) for path in python_files() if path.parts == (app, "errors.py")]
    return [node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)]


def _is_root_error(node: ast.ClassDef) -> bool:
    return [base.id for base in node.bases if isinstance(base, ast.Name)] == ["Exception"]


def test_package_initialisers_hold_no_code() -> None:
    """import-linter misses what is imported through a package's __init__ (#203), so these re-export at most."""
    allowed = (ast.Import, ast.ImportFrom, ast.Assign)
    bad = [
        str(path)
        for path in python_files()
        if path.name == "__init__.py" and path.parts[:2] not in {("pacs_core", "settings"), ("pacs_core", "bootstrap")}
        if not all(isinstance(node, allowed) or _is_docstring(node) for node in syntax_tree(path).body)
    ]
    assert bad == []


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
