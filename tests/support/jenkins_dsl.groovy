// Runs one call of a shared-library step the way a Jenkins agent would, and writes what happened.
//
// The steps of Jenkins are played by closures, but `sh` and `docker.image(x).inside` are real: the
// container is started with the options of the Docker Pipeline plugin (detached, `cat`, the agent's
// user, the workspace at its own path) and every script is run in it by `docker exec`.
//
// Arguments: the step's file, the file that describes the call (JSON), the file for the answer.

import groovy.json.JsonOutput
import groovy.json.JsonSlurper

class StepFailed extends RuntimeException {
    StepFailed(String message) { super(message) }
}

class Agent {
    static final List SEVERITY = ['SUCCESS', 'UNSTABLE', 'FAILURE']

    Map call                  // workspace, user, result, environment, options, credentials, missing
    List overlays = []        // what withEnv and withCredentials added, innermost last
    List events = []          // [step, detail] in the order of the calls
    String container
    String result

    Map environment() {
        Map all = [WORKSPACE: call.workspace] + call.environment
        for (Map more in overlays) { all = all + more }
        return all
    }

    void need(String step) {
        if (step in call.missing) {
            throw new NoSuchMethodError("No such DSL method '" + step + "' found among steps")
        }
    }

    void note(String step, Object detail) { events.add([step, detail]) }

    void worsen(String state) {
        if (SEVERITY.indexOf(state) > SEVERITY.indexOf(result)) { result = state }
    }

    Object within(Map more, Closure body) {
        overlays.add(more)
        try {
            return body.call()
        } finally {
            overlays.remove(overlays.size() - 1)
        }
    }

    Map execute(List command) {
        ProcessBuilder builder = new ProcessBuilder(command*.toString())
        builder.directory(new File(call.workspace))
        builder.environment().putAll(environment())
        Process process = builder.start()
        StringBuilder out = new StringBuilder(), err = new StringBuilder()
        process.waitForProcessOutput(out, err)
        return [code: process.exitValue(), out: out.toString(), err: err.toString()]
    }

    String docker(List arguments) {
        Map done = execute(['docker'] + arguments)
        if (done.code != 0) { throw new StepFailed('docker ' + arguments.join(' ') + ': ' + done.err) }
        return done.out.trim()
    }

    // The agent's own variables stay outside; only what the pipeline set goes into the container.
    List variables() {
        List flags = []
        for (entry in ([WORKSPACE: call.workspace] + call.environment + merged())) {
            flags.addAll(['--env', entry.key + '=' + entry.value])
        }
        return flags
    }

    Map merged() { return overlays.inject([:]) { all, more -> all + more } }

    Object inside(String image, String arguments, Closure body) {
        note('inside', [image: image, args: arguments])
        List extra = arguments.tokenize()
        String place = call.workspace
        container = docker(['run', '-d', '-t', '-u', call.user] + extra + [
            '-w', place, '-v', place + ':' + place + ':rw', '-v', place + '@tmp:' + place + '@tmp:rw',
        ] + variables() + [image, 'cat'])
        try {
            checkThatItRuns('cat')
            return body.call()
        } finally {
            docker(['rm', '-f', container])
            container = null
        }
    }

    // Jenkins looks once, and only complains in the log; one second is given for a busy machine.
    void checkThatItRuns(String command) {
        long deadline = System.currentTimeMillis() + 1000
        while (!docker(['top', container, '-eo', 'pid,comm']).contains(command)) {
            if (System.currentTimeMillis() > deadline) {
                note('complaint', 'the container started but did not run the expected command')
                return
            }
        }
    }

    Object sh(Map given) {
        note('sh', given.script)
        List shell = ['sh', '-xe', '-c', given.script]
        Map done = container ? execute(['docker', 'exec'] + variables() + [container] + shell) : execute(shell)
        note('log', done.out + done.err)
        if (given.returnStatus) { return done.code }
        if (done.code != 0) { throw new StepFailed('script returned exit code ' + done.code) }
        return given.returnStdout ? done.out : null
    }
}

Map description = new JsonSlurper().parse(new File(args[1])) as Map
Agent agent = new Agent(call: description, result: description.result)

Binding binding = new Binding()
binding.setVariable('docker', [image: { String name ->
    [inside: { String arguments, Closure body -> agent.inside(name, arguments, body) }]
}])
Script step = new GroovyShell(binding).parse(new File(args[0]))
step.metaClass.getEnv = { -> agent.environment() }
step.metaClass.echo = { Object text -> agent.note('echo', text.toString()) }
step.metaClass.sh = { Map given -> agent.sh(given) }
step.metaClass.fileExists = { Object path -> new File(description.workspace, path.toString()).exists() }
step.metaClass.error = { Object text -> throw new StepFailed(text.toString()) }
step.metaClass.unstable = { Object text ->
    agent.note('unstable', text.toString())
    agent.worsen('UNSTABLE')
}
step.metaClass.withEnv = { List set, Closure body ->
    Map more = [:]
    for (String one in set) { more[one.substring(0, one.indexOf('='))] = one.substring(one.indexOf('=') + 1) }
    agent.within(more, body)
}
step.metaClass.string = { Map given -> given }
step.metaClass.withCredentials = { List bindings, Closure body ->
    Map more = [:]
    for (Map one in bindings) { more[one.variable] = description.credentials[one.credentialsId] }
    agent.within(more, body)
}
step.metaClass.archiveArtifacts = { Map given -> agent.note('archiveArtifacts', given) }
step.metaClass.junit = { Map given -> agent.need('junit'); agent.note('junit', given) }
step.metaClass.sarif = { Map given -> agent.need('sarif'); given }
step.metaClass.recordIssues = { Map given -> agent.need('recordIssues'); agent.note('recordIssues', given) }

Map answer = [error: null, code: null]
try {
    answer.code = step.call(description.options as Map)
} catch (StepFailed failed) {
    answer.error = failed.message
    agent.worsen('FAILURE')
}
answer.events = agent.events
answer.result = agent.result
new File(args[2]).text = JsonOutput.toJson(answer)
