"""Commands, options, files, rights and variables that the job was not given."""

from __future__ import annotations

from collections.abc import Sequence

from gatekeeper.diagnosis.log_signs.model import Row

CONFIGURATION: Sequence[Row] = (
    ("command", 74,
     "not found",
     r"(?:^|: )(?:line \d+: |\d+: )?([\w./+-]+): (?:command )?not found$",
     "the command `{0}` is not there", "Install it in the job's image, or correct the PATH."),
    ("command of Windows", 70,
     "is not recognized",
     r"'?([\w.-]+)'? (?:: The term .+ )?is not recognized as",
     "the command `{0}` is not there", "Install it on the runner, or correct the PATH."),
    ("exec", 72,
     "executable file not found|exec format error",
     "(executable file not found in .+|exec format error)",
     "a program cannot be started ({0})", "Install it in the image, for this architecture."),
    ("permission", 66,
     "permission denied|eacces|operation not permitted|permissionerror",
     r"((?:[^:\n]{1,200}: )?Permission denied\b.*|EACCES: permission denied.*|"
     "PermissionError: .+|Operation not permitted.*)",
     "something is not permitted ({0})",
     "Give the job's user the right to it (`git update-index --chmod=+x` for a script)."),
    ("Docker socket", 75,
     "permission denied while trying",
     "(permission denied while trying to connect to the [Dd]ocker .{0,60})",
     "the job may not use Docker ({0})", "Put the user into the group `docker`, or use a service."),
    ("image", 72,
     "manifest unknown|manifest for|repository does not exist|pull access denied|invalid "
     "reference format|not found: manifest",
     r"((?:manifest for \S+ not found|pull access denied for|manifest unknown|repository "
     "does not exist|invalid reference format).{0,120})",
     "an image is not there, or may not be pulled ({0})",
     "Correct the image's name and tag, or give the job the registry's credentials."),
    ("denied", 62,
     "denied|unauthorized| forbidden|authentication required|returned error",
     r"((?:Error response from daemon|requested access|error|failed).{0,200}(?:\bdenied\b|"
     r"unauthorized\b|authentication required).{0,80}|(?:401 Unauthorized|403 "
     "Forbidden).{0,80}|returned error: 40[13])",
     "access is denied ({0})",
     "Give the job credentials that may do this, and check their expiry."),
    ("git login", 72,
     "authentication failed|could not read username|could not read password|permission "
     "denied (publickey|access denied",
     "((?:Authentication failed for|could not read (?:Username|Password) for|Permission "
     r"denied \(publickey|remote: HTTP Basic: Access denied).{0,120})",
     "git may not log in ({0})", "Give the job a token that may read this repository."),
    ("git reference", 66,
     "did not match any file|couldn't find remote ref|unknown revision or path|remote "
     "branch|not a git repository|to be a git repository|dubious ownership",
     "(pathspec '.+' did not match.*|couldn't find remote ref .+|.{0,80}unknown revision "
     "or path.*|Remote branch .+ not found.*|not a git repository.*|"
     "'.+' does not appear to be a git repository|detected dubious ownership.*)",
     "git does not know what it is asked for ({0})",
     "Correct the name, fetch more history (GIT_DEPTH), or trust the folder."),
    ("Python environment", 74,
     "keyerror",
     "KeyError: '([A-Z][A-Z0-9]*_[A-Z0-9_]+)'",
     "the variable {0} is not set", "Set it in the job, or give the code a default."),
    ("variable", 72,
     "unbound variable|parameter null or not set|environment variable|is not set",
     "((?:[A-Z_][A-Z0-9_]*: (?:unbound variable|parameter null or not set))|"
     "[Ee]nvironment variable .{0,80}(?:not set|required|missing|undefined)|(?:ERROR|"
     r"error|fatal).{0,40}\b[A-Z][A-Z0-9_]{3,} is (?:not set|required|missing))",
     "a variable is not set ({0})", "Set it in the job or in the project's CI settings."),
    ("arguments", 70,
     "unrecognized argument|unknown option|no such option|unrecognized option|invalid "
     "option|unknown flag|unexpected argument|unknown command",
     "(?:error: |Error: |: |^)((?:unrecognized arguments?|unknown option|No such option|"
     "unrecognized option|invalid option|unknown flag|unexpected argument|unknown "
     r"command)\b.+)",
     "a tool does not know an option ({0})",
     "Correct the command, or install the plugin that has it."),
    ("no tests", 60,
     "file or directory not found|no tests found",
     r"(?:ERROR: )(file or directory not found: \S+)|^(No tests found.*)",
     "the test runner finds no tests ({0})", "Correct the path in the command."),
    ("settings file", 70,
     "failed to parse|unknown field|toml|yaml|invalid configuration|configuration error|"
     "config",
     r"(Cause: Failed to parse .+|unknown field `\S+`.*|TOMLDecodeError.*|"
     r"yaml\.\w+\.\w+Error.*|couldn't find an eslint\.config.+|ESLint couldn't find a "
     "config.+|[Ii]nvalid configuration.+|Cannot read config file.+|"
     r"ImproperlyConfigured.*|error TS5\d{3}: .+|error TS18003: .+|Error: Could not find "
     "config file.*)",
     "a configuration file is missing or wrong ({0})", "Correct or add the file named."),
    ("TypeScript options", 70,
     "error ts",
     r"error (TS5\d{3}: .+|TS18003: .+)",
     "the compiler's configuration is wrong ({0})", "Correct tsconfig.json or its path."),
    ("no makefile", 72,
     "no makefile found",
     r"\*\*\* (No targets specified and no makefile found)",
     "make finds no makefile", "Run it in the right folder, or add the makefile."),
    ("no POM", 72,
     "no pom in this directory|missingprojectexception",
     "(there is no POM in this directory.{0,60})",
     "Maven finds no project ({0})", "Run it in the right folder."),
    ("npm script", 72,
     "missing script",
     "(?i)(missing script:? .+)",
     "package.json has no such script ({0})", "Add the script, or correct its name."),
    ("npm engine", 70,
     'ebadengine|unsupported engine|the engine "node"',
     "npm (?:ERR!|error) (?:code |engine |notsup )(EBADENGINE|Unsupported engine.*|Not "
     "compatible with.*)",
     "a package does not support this version of Node ({0})", "Use another Node in the job."),
    ("Java version", 74,
     "unsupportedclassversionerror|release version|invalid source release|invalid target "
     "release",
     r"(UnsupportedClassVersionError: \S+.{0,60}|(?:release version|invalid (?:source|"
     r"target) release:?) \S+.{0,30})",
     "the code is for another version of Java ({0})", "Use that version in the job's image."),
    ("Go version", 66,
     "requires go",
     r"(go\.mod requires go >= \S+.*|module requires Go \S+)",
     "the code is for a newer Go ({0})", "Use that version in the job's image."),
    ("Terraform", 68,
     "error: unsupported|error: invalid|error: missing|error: reference|error: argument",
     r"^[│\s]*Error: ((?:Unsupported|Invalid|Missing|Reference to undeclared|Argument)\b.+)",
     "Terraform refuses the configuration ({0})", "Correct the block named."),
    ("CI configuration", 72,
     "yaml invalid|yaml_errors|jobs config",
     r"(.*(?:yaml invalid|jobs:\S+ config).*)",
     "the CI configuration is wrong ({0})", "Correct the CI file."),
    ("exit 126 or 127", 40,
     "exit code |exit status ",
     r"exit (?:code|status) (12[67])\b",
     "a command is missing or may not be run (exit status {0})",
     "Look at the command's last words."),
)  # fmt: skip
