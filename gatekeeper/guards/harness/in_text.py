"""Where code that we do not parse touches its tests, their runner or the process, by patterns."""

# ruff: noqa: E501 (regular expressions)
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from gatekeeper.guards.harness.names import OBSCURE, TEST_VARIABLE
from gatekeeper.guards.novelty import Sight, line_of
from gatekeeper.guards.plain_code import blanked, uncommented

_READS = "reads what only a test run or CI sets"
_ASKS = "asks whether a test runner is there"
_IMPORTS = "imports the test runner"
_ENDS = "ends the process, and the test run with it"
_HOOKS = "hooks into the process"
_STACK = "looks at who calls it"
_TAKES = "changes what belongs to others"
_RUNS = "runs code that it makes from text"
_FILES = "names a file of the tests or of their run"
_PROGRAM = re.compile(
    r"(?:^|/)(?:bin|cmd|scripts?|tools?|cli|examples?|benchmarks?)/|(?:^|/)(?:main|cli|Main|Program|Cli)\.\w+$"
)


def contacts_in_text(text: str, name: str, path: str) -> Iterator[Sight]:
    """Everything in a source of this language (as `plain_code` calls it) that is such a contact."""
    code, shown = blanked(text, name), uncommented(text, name)
    program = _PROGRAM.search(path) is not None or text.startswith("#!") or _is_main(code, name)
    for what, pattern in _SIGNS.get(name, ()):
        if what == _ENDS and program:
            continue
        for found in pattern.finditer(shown):
            if name == "shell" or code[found.start()].strip():  # in code, not in a string
                line = " ".join(found[0].split())[:60].replace("`", "")
                sentence = f"{what} (`{line}`)"
                yield Sight(
                    sentence,
                    line_of(text, found.start()),
                    line_of(text, found.end()),
                    (what, line),
                    (what, line),
                )


def _is_main(code: str, name: str) -> bool:
    return name == "go" and re.search(r"^package main\b", code, re.MULTILINE) is not None


def _one_of(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(parts), re.MULTILINE)


_NAMES = rf"(?:{TEST_VARIABLE.pattern}|CI|BUILD_NUMBER|BUILD_ID|TESTING|CONTINUOUS_INTEGRATION)"
_Q = r"['\"`]"
_TESTS = r"(?:[^'\"`\n ]*/)?(?:tests?|spec|__tests__)/[^'\"`\n ]+|[^'\"`\n ]*(?:junit|surefire)[^'\"`\n ]*\.xml|[^'\"`\n ]*\.(?:test|spec)\.[cm]?[jt]sx?|[^'\"`\n ]*_(?:test|spec)\.(?:go|rb)|[^'\"`\n ]*\.gatekeeper[^'\"`\n ]*"
_JS_GLOBALS = "Object|Array|String|Number|Function|Promise|Date|Map|Set|RegExp|Error|Boolean|Symbol|JSON|Math|Reflect|Proxy|Buffer"
_JS_RUNNERS = r"(?:jest|@jest/[\w/-]+|jest-[\w-]+|vitest(?:/\w+)?|@vitest/[\w/-]+|mocha|chai|sinon|node:test|jasmine|ava|tap|@testing-library/[\w-]+)"

_SIGNS: Mapping[str, tuple[tuple[str, re.Pattern[str]], ...]] = {
    "script": (
        (_READS, _one_of(
            rf"\benv\s*(?:\?\.|\.)\s*{_NAMES}\b", rf"\benv\s*(?:\?\.)?\[\s*{_Q}{_NAMES}{_Q}\s*\]", rf"\{{[^{{}}\n]*\b{_NAMES}\b[^{{}}\n]*\}}\s*=\s*process\s*\.\s*env\b",
            rf"NODE_ENV{_Q}?\]?\s*[!=]==?\s*{_Q}test{_Q}", rf"\b{_NAMES}\s+in\s+process\.env", r"\bimport\.meta\.(?:env\.(?:VITEST|MODE)\b|vitest\b)")),
        (_ASKS, _one_of(
            r"\btypeof\s+(?:jest|describe|expect|vi|mocha|suite|beforeEach|afterEach|__coverage__)\b", r"\bglobal(?:This)?\s*\.\s*(?:jest|describe|expect|it|vi|mocha|beforeEach|__coverage__|__vitest\w*)\b",
            rf"\bargv\b[^\n;]*{_Q}[^'\"`\n]*(?:jest|vitest|mocha|--test)\b", r"\bexecArgv\b")),
        (_IMPORTS, _one_of(rf"\b(?:require\s*\(|import\s*\(|from|import)\s*{_Q}{_JS_RUNNERS}{_Q}")),
        (_ENDS, _one_of(r"\bprocess\s*\.\s*(?:exit|abort|reallyExit|kill)\b", r"\bprocess\s*\.\s*exitCode\s*=(?!=)", r"\bDeno\.exit\b")),
        (_HOOKS, _one_of(
            rf"\bprocess\s*\.\s*(?:on|once|addListener|prependListener|prependOnceListener)\s*\(\s*{_Q}(?:exit|beforeExit|SIG\w+|message)", r"\bprocess\s*\.\s*(?:removeAllListeners|binding|dlopen|emit)\s*\(",
            r"\brequire\s*\.\s*(?:cache|extensions)\b", r"\bModule\s*\.\s*_\w+", rf"(?:require\s*\(|from)\s*{_Q}(?:node:)?(?:module|inspector|v8|async_hooks|repl){_Q}")),
        (_STACK, _one_of(r"\bnew\s+Error\s*\([^()]*\)\s*\.\s*stack\b", r"\bError\s*\([^()]*\)\s*\.\s*stack\b", r"\.\s*stack\s*\??\s*\.\s*(?:split|includes|match|indexOf|search|slice)\b", r"\bprepareStackTrace\b", r"\barguments\s*\.\s*callee\b", r"\bgetCallSites?\b")),
        (_TAKES, _one_of(
            rf"\b(?:{_JS_GLOBALS})\s*\.\s*prototype\s*(?:\.\s*[\w$]+|\[[^\]\n]*\])\s*=(?![=>])", rf"(?<![\w.$])(?:{_JS_GLOBALS}|assert|console|process)\s*\.\s*[\w$]+\s*=(?![=>])",
            r"\bglobal(?:This)?\s*(?:\.\s*[\w$]+|\[[^\]\n]*\])\s*=(?![=>])", rf"\bObject\s*\.\s*(?:defineProperty|defineProperties|assign|setPrototypeOf)\s*\(\s*(?:global(?:This)?|(?:{_JS_GLOBALS})(?:\s*\.\s*prototype)?)\s*,",
            r"\.\s*__proto__\s*(?:\.\s*\w+\s*)?=(?![=>])", rf"\brequire\s*\(\s*{_Q}[\w:/@-]+{_Q}\s*\)\s*\.\s*\w+\s*=(?![=>])")),
        (_RUNS, _one_of(r"(?<![\w.$])eval\s*\(", r"\bnew\s+Function\s*\(", r"\bvm\s*\.\s*(?:runIn\w+|Script|compileFunction)\b")),
        ("builds a name at run time", _one_of(rf"\[\s*{_Q}[\w$]*{_Q}\s*\+\s*{_Q}[\w$]*{_Q}", r"\bString\s*\.\s*fromCharCode\s*\(\s*\d+\s*,", r"\bfrom\s*\([^()\n]*base64", r"(?<![\w.$])atob\s*\(\s*['\"`]")),
        (_FILES, _one_of(rf"\b(?:require|import|readFile\w*|writeFile\w*|readdir\w*|existsSync|stat\w*|join|resolve|open\w*|unlink\w*|createReadStream|createWriteStream)\s*\([^()\n]*{_Q}(?:{_TESTS}){_Q}")),
        (f"{OBSCURE}starts other programs", _one_of(rf"(?:require\s*\(|from)\s*{_Q}(?:node:)?child_process{_Q}")),
    ),
    "java": (
        (_READS, _one_of(rf"\bgetenv\s*\(\s*\"{_NAMES}\"", r"\bgetProperty\s*\(\s*\"(?:surefire\.\S*|sun\.java\.command|java\.class\.path|test\.\S*|basedir|maven\.\S*|org\.gradle\.\S*)\"")),
        (_IMPORTS, _one_of(r"^[ \t]*import\s+(?:static\s+)?(?:org\.junit|junit\.|org\.testng|org\.mockito|org\.assertj|org\.hamcrest|kotlin\.test|org\.spockframework)[\w.*]*")),
        (_ASKS, _one_of(r"\b(?:forName|loadClass|getResource\w*|contains|startsWith|equals|indexOf|endsWith)\s*\(\s*\"(?:org[./]junit|junit|org[./]testng|org[./]mockito|surefire)[^\"\n]*\"")),
        (_ENDS, _one_of(r"\bSystem\s*\.\s*exit\s*\(", r"\bgetRuntime\s*\(\s*\)\s*\.\s*(?:halt|exit)\s*\(", r"\bexitProcess\s*\(", r"\bProcessHandle\b[^;\n]*destroy")),
        (_HOOKS, _one_of(r"\baddShutdownHook\s*\(", r"\bSystem\s*\.\s*(?:setOut|setErr|setSecurityManager|setIn)\s*\(", r"\bjava\.lang\.instrument\b", r"\bsun\.misc\.Unsafe\b")),
        (_STACK, _one_of(r"\bcurrentThread\s*\(\s*\)\s*\.\s*getStackTrace\b", r"\bnew\s+(?:Throwable|Exception|Error|RuntimeException)\s*\([^()]*\)\s*\.\s*(?:getStackTrace|stackTrace)\b", r"\bStackWalker\b", r"\bgetAllStackTraces\b", r"\bcurrentThread\s*\(\s*\)\s*\.\s*stackTrace\b")),
        (f"{OBSCURE}reaches past what a class shows", _one_of(r"\.\s*setAccessible\s*\(\s*true", r"\bClass\s*\.\s*forName\s*\(\s*(?![\"\s])")),
        (_FILES, _one_of(rf"\b(?:File|Paths?|Path\s*\.\s*of|FileReader|FileWriter|FileInputStream|FileOutputStream|get)\s*\(\s*\"(?:{_TESTS}|src/test[^\"\n]*|target/surefire[^\"\n]*)\"")),
    ),
    "go": (
        (_READS, _one_of(rf"\b(?:Getenv|LookupEnv)\s*\(\s*[\"`]{_NAMES}[\"`]")),
        (_IMPORTS, _one_of(r"\btesting\s*\.\s*(?:Testing|Short|Verbose|Coverage|CoverMode|Benchmark|M\b|Init|T\b|B\b|TB\b)", r"\bimport\s+[\"`]testing(?:/\w+)?[\"`]")),
        (_ASKS, _one_of(r"\bflag\s*\.\s*Lookup\s*\(\s*\"test\.", r"\bos\s*\.\s*Args\b[^\n]*\"[^\"\n]*(?:\.test|test\.|-test)[^\"\n]*\"", r"\bHas(?:Suffix|Prefix)\s*\([^()\n]*\"(?:\.test|-test\.|_test\.go|/_test/|\.test\.exe)[^\"\n]*\"")),
        (_ENDS, _one_of(r"\bos\s*\.\s*Exit\s*\(", r"\bsyscall\s*\.\s*(?:Exit|Kill|Exec)\s*\(", r"\bruntime\s*\.\s*Goexit\s*\(")),
        (_HOOKS, _one_of(r"^//go:linkname[^\n]*", r"\bsignal\s*\.\s*Notify\s*\(")),
        (_STACK, _one_of(r"\bruntime\s*\.\s*(?:Callers?|CallersFrames|Stack|FuncForPC)\s*\(", r"\bdebug\s*\.\s*(?:Stack|PrintStack)\s*\(")),
        (_FILES, _one_of(rf"\b(?:Open|ReadFile|WriteFile|OpenFile|Stat|Glob|ReadDir|Create|Remove|Join)\s*\([^()\n]*[\"`](?:{_TESTS}|[^\"`\n]*_test\.go)[\"`]")),
    ),
    "ruby": (
        (_READS, _one_of(rf"\bENV\s*(?:\[|\.fetch\s*\(?|\.key\?\s*\(?)\s*['\"]{_NAMES}['\"]", r"\b(?:RAILS|RACK|APP)_ENV['\"]?\]?\s*(?:==|===|!=)\s*['\"]test['\"]", r"\bRails\s*\.\s*env\s*\.\s*test\?")),
        (_ASKS, _one_of(r"\bdefined\?\s*\(?\s*(?:::)?(?:RSpec|Minitest|MiniTest|Test::Unit|Cucumber|SimpleCov)\b", r"\b(?:const_defined\?|const_get)\s*\(?\s*[:'\"]+(?:RSpec|Minitest|Test)\b", r"\$(?:0|PROGRAM_NAME)\b[^\n]*(?:rspec|minitest|test)", r"(?<![\w:])(?:::)?(?:RSpec|Minitest)\s*(?:\.|::)\s*\w+")),
        (_IMPORTS, _one_of(r"\brequire\s*\(?\s*['\"](?:rspec|minitest|test/unit|test-unit|mocha|cucumber)[\w/-]*['\"]")),
        (_ENDS, _one_of(r"(?<![\w.:@$?])(?:exit!?|abort)(?=\s*(?:\(|\d|$|if\b|unless\b|true|false))", r"\bProcess\s*\.\s*(?:exit!?|kill|abort)\b", r"\bKernel\s*\.\s*(?:exit!?|abort)\b")),
        (_HOOKS, _one_of(r"(?<![\w.])at_exit\b", r"\bTracePoint\b", r"\bset_trace_func\b", r"(?<!\w)trap\s*\(?\s*['\"]", r"\bObjectSpace\b")),
        (_STACK, _one_of(r"(?<![\w.:@])caller(?:_locations)?\b(?!\s*=)", r"\bKernel\s*\.\s*caller\w*")),
        (_TAKES, _one_of(r"^[ \t]*class\s+(?:::)?(?:Object|String|Array|Hash|Integer|Float|Symbol|NilClass|BasicObject|Numeric|Proc|Exception|StandardError)\s*$", r"^[ \t]*module\s+(?:::)?(?:Kernel|Comparable|Enumerable)\s*$",
                         r"\b(?:Object|String|Array|Hash|Integer|Float|Symbol|NilClass|BasicObject|Kernel|Comparable)\s*\.\s*(?:class_eval|class_exec|module_eval|prepend|include|define_method|send|alias_method|remove_method|undef_method)\b")),
        (_RUNS, _one_of(r"(?<![\w.])eval\s*\(?\s*(?!\s|$|\))", r"\b(?:instance|class|module)_eval\s*\(?\s*['\"<]")),
    ),
    "php": (
        (_READS, _one_of(rf"\bgetenv\s*\(\s*['\"]{_NAMES}['\"]", rf"\$_(?:ENV|SERVER)\s*\[\s*['\"]{_NAMES}['\"]", r"APP_ENV['\"]\s*[\])]+\s*===?\s*['\"]test(?:ing)?['\"]", r"\brunningUnitTests\s*\(")),
        (_ASKS, _one_of(r"\b(?:class_exists|defined|interface_exists|function_exists)\s*\(\s*['\"]\\{0,4}(?:PHPUnit|PHPUNIT|Pest|Mockery|Codeception)[^'\"\n]*['\"]")),
        (_IMPORTS, _one_of(r"^[ \t]*use\s+(?:function\s+)?\\?(?:PHPUnit|Mockery|Pest|Prophecy)\\[\w\\]+", r"\\PHPUnit\\[\w\\]+")),
        (_ENDS, _one_of(r"(?<![\w$>:\\])(?:exit|die)\b(?!\s*=)", r"\bposix_kill\s*\(")),
        (_HOOKS, _one_of(r"\bregister_shutdown_function\s*\(", r"\bregister_tick_function\s*\(", r"\bpcntl_signal\s*\(", r"\bspl_autoload_register\s*\(", r"\bob_start\s*\(\s*(?:function|fn|\$|['\"\[])")),
        (_STACK, _one_of(r"\bdebug_(?:print_)?backtrace\s*\(", r"\bnew\s+\\?(?:Exception|Error)\s*\([^()]*\)\s*\)\s*->\s*getTrace")),
        (_RUNS, _one_of(r"(?<![\w>$:])eval\s*\(", r"\bcreate_function\s*\(", r"\bbase64_decode\s*\(\s*['\"]")),
    ),
    "csharp": (
        (_READS, _one_of(rf"\bGetEnvironmentVariable\s*\(\s*\"{_NAMES}\"")),
        (_IMPORTS, _one_of(r"^[ \t]*using\s+(?:static\s+)?(?:Xunit|NUnit|Microsoft\.VisualStudio\.TestTools|Moq|FluentAssertions|NSubstitute)\b[\w.]*")),
        (_ASKS, _one_of(r"\b(?:Contains|StartsWith|EndsWith|GetType|Equals|Load)\s*\(\s*\"(?:[Xx]unit|[Nn][Uu]nit|testhost|vstest|Microsoft\.TestPlatform|Microsoft\.VisualStudio\.Test)[^\"\n]*\"", r"\bGetAssemblies\s*\(")),
        (_ENDS, _one_of(r"\bEnvironment\s*\.\s*(?:Exit|FailFast)\s*\(", r"\bGetCurrentProcess\s*\(\s*\)\s*\.\s*Kill\b")),
        (_HOOKS, _one_of(r"\.\s*ProcessExit\s*\+=", r"\bConsole\s*\.\s*Set(?:Out|Error)\s*\(", r"\[ModuleInitializer\]")),
        (_STACK, _one_of(r"\bnew\s+(?:System\.Diagnostics\.)?Stack(?:Trace|Frame)\s*\(", r"\bEnvironment\s*\.\s*StackTrace\b", r"\bGetCallingAssembly\s*\(")),
    ),
    "rust": (
        (_READS, _one_of(rf"\b(?:var|var_os|option_env!|env!)\s*\(\s*\"{_NAMES}\"", r"\bcfg!\s*\(\s*(?:not\s*\(\s*)?test\b", r"\#\[cfg\(\s*not\s*\(\s*test\s*\)\s*\)\]", r"\#\[cfg\(test\)\]\s*(?!\s|mod\b|pub(?:\([^)]*\))?\s+mod\b|use\b|pub(?:\([^)]*\))?\s+use\b|\#\[)\w+[^\n]*")),
        (_ENDS, _one_of(r"\bprocess\s*::\s*(?:exit|abort)\s*\(")),
        (_HOOKS, _one_of(r"\bpanic\s*::\s*set_hook\s*\(", r"\blibc\s*::\s*(?:atexit|_exit|signal|kill)\b", r"\#\[(?:ctor|no_mangle)\b")),
        (_STACK, _one_of(r"\bBacktrace\s*::\s*\w+\s*\(", r"\bbacktrace\s*::\s*trace\b")),
        (_ASKS, _one_of(r"\bthread\s*::\s*current\s*\(\s*\)\s*\.\s*name\s*\(")),
    ),
    "c": (
        (_READS, _one_of(rf"\bgetenv\s*\(\s*\"{_NAMES}\"")),
        (_HOOKS, _one_of(r"\batexit\s*\(", r"__attribute__\s*\(\s*\(\s*constructor")),
        (_ENDS, _one_of(r"(?<![\w.>:])_exit\s*\(", r"\b(?:quick_exit|_Exit)\s*\(")),
    ),
    "shell": (
        (_READS, _one_of(rf"\$\{{?{_NAMES}\b")),
        ("ends other processes", _one_of(r"(?:^|[;&|])[ \t]*p?kill(?:all)?[ \t]+\S")),
    ),
}  # fmt: skip
_SIGNS = {**_SIGNS, "kotlin": _SIGNS["java"]}
_PYTHON = (
    (_READS, _one_of(rf"\b(?:environ|getenv)\b[^\n]*['\"]{_NAMES}['\"]", r"['\"]_?PYTEST\w*['\"]")),
    (_IMPORTS, _one_of(r"^[ \t]*(?:import|from)\s+(?:pytest|_pytest|unittest|pluggy|ctypes)\b")),
    (_ASKS, _one_of(r"['\"](?:_?pytest|unittest)['\"]\s+(?:not\s+)?in\b", r"\bsys\.modules\b")),
    (_ENDS, _one_of(r"\bos\._exit\b", r"\bsys\.exit\s*\(", r"\braise\s+SystemExit\b")),
    (_HOOKS, _one_of(r"\batexit\.\w+", r"\bsys\.(?:settrace|setprofile|meta_path|path_hooks)\b", r"\bsignal\.signal\b")),
    (_STACK, _one_of(r"\b_getframe\b", r"\binspect\.(?:stack|currentframe)\b", r"\b(?:f_back|tb_frame|__code__)\b")),
    (_RUNS, _one_of(r"(?<![\w.])(?:eval|exec)\s*\(")),
)  # fmt: skip
_SIGNS = {**_SIGNS, "python": _PYTHON}
