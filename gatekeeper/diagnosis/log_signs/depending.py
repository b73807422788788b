"""Packages, libraries and modules that are missing or exclude each other."""

from __future__ import annotations

from collections.abc import Sequence

from gatekeeper.diagnosis.log_signs.model import Row

DEPENDENCY: Sequence[Row] = (
    ("system header", 74,
     "no such file",
     r"fatal error: ((?:[\w.-]+/)*[\w.-]+\.h(?:pp|xx)?): No such file or directory",
     "a header of a library is missing ({0})",
     "Install the library's development package in the job's image."),
    ("linked library", 72,
     "cannot find -l|library not found",
     r"(?:cannot find|library not found for) (-l\S+?):?(?: |$)",
     "a library is not installed ({0})", "Install its development package in the job's image."),
    ("CMake package", 70,
     "could not find|by not providing",
     "(Could not find a package configuration file provided by .+|By not providing "
     r'"Find\w+\.cmake".*|Could NOT find \S+ \(missing.*)',
     "CMake does not find a package ({0})", "Install the package in the job's image."),
    ("Python module", 72,
     "no module named",
     r"(?:ModuleNotFoundError: |ImportError: |: )No module named '?([\w.]+)'?",
     "the module `{0}` is not installed", "Install it, or declare it as a dependency."),
    ("imported name", 79,
     "cannot import name", r"ImportError: cannot import name '\w+' from '([\w.]+)'",
     "the module `{0}` lacks a name that is imported from it",
     "Install the version of it that has the name, or correct the place that imports it."),
    ("Node module", 70,
     "cannot find module|cannot find package",
     r"(?:Error(?: \[\w+\])?: |TS2307: )?Cannot find (?:module|package) '([^'\n]+)'",
     "the module `{0}` is not installed", "Install it, or declare it as a dependency."),
    ("Ruby gem", 70,
     "cannot load such file|could not find gem|could not find '",
     r"(?:cannot load such file -- (\S+)|Could not find gem '([^']+)|Could not find "
     "'([^']+)')",
     "the gem `{0}` is not installed", "Add it to the Gemfile and install it."),
    ("Go module", 74,
     "no required module|cannot find module|missing go.sum|cannot find package|unknown "
     "revision",
     "((?:no required module provides package|cannot find module providing package|"
     r"missing go\.sum entry for|cannot find package) .+|unknown revision \S+)",
     "a Go module is missing ({0})", "Run `go mod tidy` and commit go.mod and go.sum."),
    ("Java class", 62,
     "noclassdeffounderror|classnotfoundexception|does not exist",
     r"(NoClassDefFoundError: \S+|ClassNotFoundException: \S+|package [\w.]+ does not "
     "exist)",
     "a class is not on the path ({0})", "Declare the dependency that has it."),
    ("crate", 72,
     "no matching package|failed to select a version|can't find crate|no matching version",
     r"^error(?:\[E0463\])?: (no matching package named .+|failed to select a version for "
     ".+|can't find crate for .+)",
     "a crate is missing ({0})", "Correct Cargo.toml, or the registry of the job."),
    ("pip", 70,
     "no matching distribution|could not find a version",
     "ERROR: ((?:No matching distribution found|Could not find a version that "
     "satisfies).+)",
     "pip finds no such package ({0})",
     "Correct the name or version, or the index that the job uses."),
    ("pip conflict", 72,
     "resolutionimpossible|conflicting dependencies|conflict is caused",
     "(Cannot install .+ because these package versions have conflicting dependencies|"
     "ResolutionImpossible.*|The conflict is caused by:)",
     "packages demand versions that exclude each other ({0})",
     "Loosen one of the versions that the passage names."),
    ("pip Python", 72,
     "requires a different python|requires-python",
     "(Package .+ requires a different Python: .+)",
     "a package does not support this Python ({0})",
     "Use another Python in the job, or another version of the package."),
    ("pip build", 55,
     "failed building wheel|failed-wheel-build|metadata-generation-failed|could not build "
     "wheels|subprocess-exited",
     r"(Failed building wheel for \S+|metadata-generation-failed|Could not build wheels "
     "for .+)",
     "a package cannot be built ({0})",
     "Install what its build needs, or a version that comes built."),
    ("pip hashes", 70,
     "do not match the hashes",
     "(PACKAGES DO NOT MATCH THE HASHES.*)",
     "a downloaded package is not the one that was locked ({0})", "Lock the requirements again."),
    ("npm package", 70,
     "npm err|etarget|no matching version",
     "npm (?:ERR!|error) (?:code )?(E404|404 .+|ETARGET|notarget .+)",
     "npm finds no such package or version ({0})",
     "Correct its name or version, or the registry and its token."),
    ("npm conflict", 72,
     "eresolve",
     "npm (?:ERR!|error) (?:code )?(ERESOLVE.*)",
     "packages demand versions that exclude each other ({0})",
     "Change one of the versions that the passage names."),
    ("npm lock", 73,
     "package-lock|npm-shrinkwrap|frozen-lockfile|lockfile",
     "(?:`npm ci` can only install.+|npm (?:ERR!|error).*npm ci.*(?:lock|sync).*|"
     "ERR_PNPM_OUTDATED_LOCKFILE.*|Your lockfile needs to be updated.*)",
     "the lock file does not fit package.json", "Run the installation, and commit the lock file."),
    ("Maven artifact", 72,
     "could not resolve dependencies|could not find artifact|could not resolve all|could "
     "not find ",
     "(Could not resolve dependencies for .+|Could not find artifact .+|Could not resolve "
     r"all (?:files|artifacts|dependencies) .+|Could not find [\w.-]+:[\w.-]+:\S+)",
     "an artifact cannot be had ({0})", "Correct its version, or the repositories of the job."),
    ("apt", 72,
     "unable to locate package|has no installation candidate|unmet dependencies|no such "
     "package",
     r"(?:E: |ERROR: |  )(Unable to locate package \S+|Package '\S+' has no installation "
     r"candidate|Unable to correct problems.*|\S+ \(no such package\).*)",
     "a system package cannot be had ({0})", "Run `apt-get update` first, or correct its name."),
    ("composer", 66,
     "your requirements could not be resolved",
     "(Your requirements could not be resolved.*)",
     "composer finds no set of packages ({0})", "Change one of the versions named below."),
)  # fmt: skip
