// Shared-library step `gatekeeper(...)`; gatekeeper.txt, its help, lists the options.
//
// Written for Jenkins' continuation-passing Groovy 2.4: steps are called from plain loops and
// never from closures of collection methods, and only strings, numbers, lists and maps live
// across a step (the loops over keys hold no step). The step may make a build worse and never better: it sets no result itself.

def call(Map given = [:]) {
    Map options = checked(given)
    if (env.GATEKEEPER_DISABLED) {
        echo 'gatekeeper: switched off by GATEKEEPER_DISABLED'
        return 0
    }
    int code = 70
    try {
        code = runInImage(options)
    } finally {
        keepReport(options)
    }
    conclude(code, options)
    return code
}

// --- options ---------------------------------------------------------------------------

private Map checked(Map given) {
    Map options = [
        image: '', testImage: '', testCommand: '', junit: '', backend: '', model: '',
        engine: 'socket', socket: '/var/run/docker.sock', socketGroup: '', base: '', accepted: '',
        credentialsId: '', out: 'gatekeeper-report', args: '', dockerArgs: '',
    ]
    for (Object name in given.keySet()) {
        if (!options.containsKey(name)) {
            error("gatekeeper: unknown option '${name}'. There are: ${options.keySet().join(', ')}.")
        }
        options[name] = given[name]
    }
    if (!options.image) {
        error('gatekeeper: say which image to run: gatekeeper(image: ...)')
    }
    if (!(options.engine in ['socket', 'remote', 'process'])) {
        error("gatekeeper: engine '${options.engine}' is none of socket, remote, process")
    }
    String out = options.out
    if (!(out ==~ '[A-Za-z0-9._/-]+') || out.startsWith('/') || out.contains('..')) {
        error("gatekeeper: out '${options.out}' must be a plain path inside the workspace")
    }
    return options
}

// What the options mean as settings. Values go through the environment and never through the
// text of a shell script, so that a test command keeps its quotes and dollar signs.
private List settings(Map options) {
    Map variables = [
        GATEKEEPER_SANDBOX_ENGINE: options.engine == 'process' ? 'process' : 'docker',
        GATEKEEPER_SANDBOX_IMAGE: options.testImage,
        GATEKEEPER_TESTS_COMMAND: options.testCommand,
        GATEKEEPER_TESTS_JUNIT: lines(options.junit),
        GATEKEEPER_DELTA_BASE: options.base,
        GATEKEEPER_BACKEND_NAME: options.backend,
        GATEKEEPER_BACKEND_MODEL: options.model,
        GATEKEEPER_GATE_ACCEPTED: options.accepted,
    ]
    List set = []
    for (Object name in variables.keySet()) {
        if (variables[name]) {
            set.add("${name}=${variables[name]}".toString())
        }
    }
    return set
}

private String lines(Object globs) {
    return globs instanceof List ? globs.join('\n') : globs.toString()
}

// --- the run ---------------------------------------------------------------------------

private int runInImage(Map options) {
    int code = 70
    String reach = engineArgs(options)
    withEnv(settings(options)) {
        docker.image(options.image).inside("${reach} ${options.dockerArgs}".trim()) {
            code = withKey(options)
        }
    }
    return code
}

// The key is known only around this one command, and Jenkins masks it in the log.
private int withKey(Map options) {
    String command = "gatekeeper run --out '${options.out}' ${options.args}".trim()
    int code = 70
    if (options.credentialsId) {
        withCredentials([string(credentialsId: options.credentialsId, variable: 'OPENAI_API_KEY')]) {
            code = sh(script: command, returnStatus: true, label: 'gatekeeper')
        }
    } else {
        code = sh(script: command, returnStatus: true, label: 'gatekeeper')
    }
    return code
}

private String engineArgs(Map options) {
    if (options.engine == 'socket') {
        String group = options.socketGroup ?: socketGroup(options.socket)
        return "-v ${options.socket}:/var/run/docker.sock" + (group ? " --group-add ${group}" : '')
    }
    if (options.engine == 'remote') {
        String certificates = env.DOCKER_CERT_PATH
        String reach = '-e DOCKER_HOST -e DOCKER_TLS_VERIFY -e DOCKER_CERT_PATH'
        return certificates ? "${reach} -v ${certificates}:${certificates}:ro" : reach
    }
    return ''
}

// `inside` runs as the agent's user, who may talk to the socket only through its group.
private String socketGroup(String socket) {
    return sh(
        script: "stat -c %g '${socket}' 2>/dev/null || true", returnStdout: true,
        label: 'group of the Docker socket'
    ).trim()
}

// --- what is left of it ----------------------------------------------------------------

private void keepReport(Map options) {
    archiveArtifacts(artifacts: "${options.out}/**", allowEmptyArchive: true)
    if (fileExists("${options.out}/junit.xml")) {
        keepJunit("${options.out}/junit.xml".toString())
    }
    if (fileExists("${options.out}/gatekeeper.sarif")) {
        keepIssues("${options.out}/gatekeeper.sarif".toString())
    }
}

// Both steps below come from plugins that a bare Jenkins does not have.

private void keepJunit(String report) {
    try {
        junit(testResults: report, allowEmptyResults: true, skipMarkingBuildUnstable: true)
    } catch (NoSuchMethodError missing) {
        echo 'gatekeeper: the junit step is not installed; the report is among the artifacts'
    }
}

private void keepIssues(String report) {
    try {
        recordIssues(tool: sarif(pattern: report))
    } catch (NoSuchMethodError missing) {
        echo 'gatekeeper: the warnings-ng plugin is not installed; the report is among the artifacts'
    }
}

private void conclude(int code, Map options) {
    String report = "see ${options.out}/report.md among the artifacts"
    if (code == 0) {
        echo "gatekeeper: the tests pass, or a fix was accepted; ${report}"
    } else if (verdicts().containsKey(code)) {
        unstable("gatekeeper: ${verdicts()[code]}; ${report}")
    } else {
        error("gatekeeper: ${failures()[code] ?: 'it was stopped, or it has a bug'} (exit code ${code}); ${report}")
    }
}

private Map verdicts() {
    return [
        1: 'a real failure, and no candidate was accepted',
        3: 'a person must answer a question first',
        8: 'the failure does not show on the unchanged commit',
        9: 'the budget is spent',
        10: 'a validated fix waits to be applied',
    ]
}

private Map failures() {
    return [
        2: 'wrong usage or configuration',
        4: 'no readable test result',
        5: 'the model could not be asked',
        6: 'the sandbox does not work',
        7: 'the verdict stands, posting it failed',
    ]
}
