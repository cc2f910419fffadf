"""The front end's files: npm packages by lock file, bundled by esbuild into build/assets.

Every file <app>/assets/entry/NAME.js or NAME.css of the project becomes build/assets/NAME.js or .css.
"""

import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from .errors import SetUpError
from .installation import BUILD_ROOT, PROJECT_ROOT
from .node_tools import node_environment
from .steps import Stamp, run_command, say, skipped, step

ASSETS = BUILD_ROOT / "assets"
VIEWER = BUILD_ROOT / "viewer"
_NODE_MODULES = PROJECT_ROOT / "node_modules"
_APPS = ("pacs_core/web", "hospitals", "worklist", "routing_rules", "reporting")
_LOADERS = ("woff2", "woff", "svg", "png")


def build_front_end(logs: Path) -> None:
    """Bring npm packages, bundles and viewer up to date, each only when its inputs have changed."""
    sources = source_files()
    packages = Stamp(BUILD_ROOT / "stamps" / "packages", _package_files(), outputs=[_NODE_MODULES / "esbuild"])
    bundles = Stamp(BUILD_ROOT / "stamps" / "assets", [*sources, *_package_files(), Path(__file__)], outputs=[ASSETS])
    viewer_sources = sorted((PROJECT_ROOT / "pacs_core/web/viewer").rglob("*.*"))
    viewer_inputs = [path for path in viewer_sources if path.is_file() and "__pycache__" not in path.parts]
    viewer = Stamp(BUILD_ROOT / "stamps" / "viewer", viewer_inputs, outputs=[VIEWER / "index.html"])
    environment = {} if packages.is_current and viewer.is_current else node_environment()
    _do("Front-end packages", packages, lambda: _install_packages(environment, logs))
    _do(
        "Front-end assets",
        bundles,
        lambda: bundle(entry_points(), ASSETS, log=logs / "assets.log"),
    )
    _do("Image viewer (OHIF)", viewer, lambda: _build_viewer(environment, logs))


def entry_points(root: Path = PROJECT_ROOT) -> list[Path]:
    """List the entry points of all apps; raise SetUpError when two would be written to the same file."""
    found = [
        path for app in _APPS for path in sorted((root / app).glob("assets/entry/*")) if path.suffix in (".js", ".css")
    ]
    by_name: dict[str, Path] = {}
    for path in found:
        other = by_name.setdefault(path.name, path)
        if other is not path:
            raise SetUpError(
                f"{other.relative_to(root)} and {path.relative_to(root)} have the same name. Maybe rename one."
            )
    return found


def source_files(root: Path = PROJECT_ROOT) -> list[Path]:
    """List every file the bundles may be made of."""
    return [path for app in _APPS for path in sorted((root / app / "assets").rglob("*")) if path.is_file()]


def bundle(entries: list[Path], output: Path, *, log: Path | None = None) -> None:
    """Bundle `entries` into a new folder and put it in the place of `output`, so that no half build is ever served."""
    unfinished = output.with_name(output.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    arguments = ["--bundle", "--minify", "--sourcemap", "--format=esm", "--target=es2022", "--log-level=warning"]
    arguments += ["--entry-names=[name]", "--asset-names=files/[name]-[hash]", f"--outdir={unfinished}"]
    arguments += [f"--loader:.{suffix}=file" for suffix in _LOADERS]
    if entries:
        # The native program: its Node wrapper hides the error message behind its own traceback.
        program = next(_NODE_MODULES.glob("@esbuild/*/bin/esbuild"))
        run_command([program, *entries, *arguments], directory=PROJECT_ROOT, what="esbuild", log=log)
    shutil.rmtree(output, ignore_errors=True)
    unfinished.rename(output)


def _do(title: str, stamp: Stamp, work: Callable[[], None]) -> None:
    if stamp.is_current:
        skipped(title)
        return
    with step(title):
        work()
    stamp.write()


def _package_files() -> list[Path]:
    return [PROJECT_ROOT / "package.json", PROJECT_ROOT / "package-lock.json"]


def _install_packages(environment: Mapping[str, str], logs: Path) -> None:
    arguments = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    run_command(
        arguments,
        directory=PROJECT_ROOT,
        environment=environment,
        what="npm ci (front-end packages)",
        log=logs / "npm.log",
    )


def _build_viewer(environment: Mapping[str, str], logs: Path) -> None:
    arguments = [sys.executable, "-m", "pacs_core.web.viewer.build", "--output", VIEWER]
    run_command(
        arguments, directory=PROJECT_ROOT, environment=environment, what="Building the viewer", log=logs / "viewer.log"
    )


if __name__ == "__main__":
    try:
        build_front_end(BUILD_ROOT / "logs")
    except SetUpError as error:
        say(str(error))
        sys.exit(1)
