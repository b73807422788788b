"""What the network, the machine, the runner and its limits did."""

from __future__ import annotations

from collections.abc import Sequence

from gatekeeper.diagnosis.log_signs.model import Row

INFRASTRUCTURE: Sequence[Row] = (
    ("cancelled", 92,
     "cancel|aborted",
     "Job failed: (?:aborted: )?(canceled)|^(?:Job|Build) was (?:aborted|cancell?ed)|The "
     "operation was (canceled)",
     "the job was cancelled", "Nothing is known to be wrong: run it again if it is still wanted."),
    ("runner", 90,
     "system failure|stuck_or_timeout|lost communication|runner has received a shutdown",
     r"(Job failed \(system failure\).{0,200}|The hosted runner lost communication.*|The "
     "runner has received a shutdown signal.*)",
     "the runner failed ({0})", "Run the job again; if it fails again, tell who runs the runner."),
    ("Docker daemon", 76,
     "docker daemon|docker api",
     "((?:Cannot connect to the Docker daemon|[Ff]ailed to connect to the docker "
     "API).{0,120})",
     "no Docker daemon answers ({0})", "Start the service docker:dind, or correct DOCKER_HOST."),
    ("name resolution", 73,
     "could not resolve host|name resolution|enotfound|eai_again|name or service not "
     "known|no such host|unknownhostexception|could not resolve:",
     "((?:Could not resolve host|Temporary failure (?:in name resolution|resolving)|"
     "getaddrinfo (?:ENOTFOUND|EAI_AGAIN)|Name or service not known|no such host|"
     "UnknownHostException).{0,120})",
     "a host name is not known ({0})", "Check the network and the name; run the job again."),
    ("refused", 73,
     "connectionerror|maxretryerror|connection refused|econnrefused|connectionrefused|"
     "failed to connect|couldn't connect|could not connect|failed to establish",
     "((?:[Cc]onnection refused|ECONNREFUSED|ConnectionRefusedError|Failed to connect to|"
     r"requests\.exceptions\.ConnectionError|MaxRetryError|Failed to establish a new "
     "connection|[Cc]ould(?:n't| not) connect to).{0,120})",
     "a service does not accept connections ({0})",
     "Check that the service runs and is ready before it is used; run the job again."),
    ("broken connection", 72,
     "econnreset|connection reset|unexpected eof|remote end hung up|network is "
     "unreachable|etimedout|connection timed out|early eof|spurious network|rpc failed|"
     "operation timed out|read timed out",
     "((?:ECONNRESET|[Cc]onnection reset by peer|ConnectionResetError|remote end hung up|"
     "Network is unreachable|ETIMEDOUT|[Cc]onnection timed out|early EOF|RPC failed|curl: "
     r"\(28\)|[Rr]ead timed out|spurious network error|net/http: TLS handshake timeout|i/o "
     "timeout).{0,120})",
     "the network broke off ({0})", "Run the job again; if it stays, check the network."),
    ("curl times out", 74,
     "curl: ()",
     r"(curl: \(28\) .+)",
     "a server did not answer in time ({0})",
     "Run the job again; if it stays, ask the server's people."),
    ("certificate", 72,
     "certificate",
     "((?:SSL certificate problem|certificate verify failed|x509: certificate|unable to "
     "get local issuer certificate|self[- ]signed certificate|CERT_HAS_EXPIRED|PKIX "
     "path).{0,120})",
     "a certificate is not trusted ({0})",
     "Renew it, or give the job the authority that signed it."),
    ("server error", 72,
     "returned error|internal server|service unavailable|bad gateway|gateway time|http ",
     r"((?:returned error: 5\d\d|50[0234] (?:Internal Server Error|Bad Gateway|Service "
     r"(?:Temporarily )?Unavailable|Gateway Time-?out)|HTTP 50[0234]\b).{0,80})",
     "a server failed ({0})", "Run the job again later."),
    ("rate limit", 74,
     "toomanyrequests|rate limit|too many requests",
     "((?:toomanyrequests|pull rate limit|429 Too Many Requests|API rate limit "
     "exceeded).{0,120})",
     "a server was asked too often ({0})",
     "Log in, use a mirror or cache, or run the job again later."),
    ("apt network", 66,
     "failed to fetch",
     "^[EW]: (Failed to fetch .+)",
     "a system package cannot be downloaded ({0})", "Run the job again; check the mirror."),
)  # fmt: skip

RESOURCE: Sequence[Row] = (
    ("disk", 88,
     "no space left|enospc|disk quota exceeded|not enough disk",
     "((?:No space left on device|ENOSPC|Disk quota exceeded|There is not enough disk "
     "space).{0,120})",
     "the disk is full ({0})",
     "Free or enlarge the runner's disk; a change of code is not needed."),
    ("Java memory", 88,
     "outofmemoryerror",
     r"(java\.lang\.OutOfMemoryError.*)",
     "Java ran out of memory ({0})", "Raise -Xmx and the job's memory, or make it use less."),
    ("Node memory", 90,
     "heap out of memory",
     "(.*JavaScript heap out of memory)",
     "Node ran out of memory ({0})", "Raise --max-old-space-size and the job's memory."),
    ("Python memory", 80,
     "memoryerror",
     r"^(?:E +)?((?:[\w.]+\.)?_?\w*MemoryError\b.*)",
     "Python ran out of memory ({0})", "Give the job more memory, or make it use less."),
    ("memory", 86,
     "cannot allocate memory|out of memory|virtual memory exhausted|bad_alloc|oomkilled|"
     "oom-kill|memory exhausted",
     r"((?:[\w ]*[Cc]annot allocate memory|(?:fatal error: |runtime: )?out of memory\b|"
     "virtual memory exhausted|std::bad_alloc|OOMKilled|oom-kill|Out of memory: Killed "
     "process).{0,120})",
     "the machine ran out of memory ({0})",
     "Give the job more memory, or run fewer things at once."),
    ("compiler killed", 88,
     "killed signal terminated",
     r"(Killed signal terminated program \S+)",
     "the compiler was killed, most likely for its memory ({0})",
     "Compile fewer files at once (make -j), or give the job more memory."),
    ("killed", 78,
     "killed",
     r"(?:^|: line \d+:\s+\d+ |\]: |\s)(Killed)(?:$|\s{2,}|\s+\S+ )|(signal: 9, SIGKILL.*|"
     "signal: killed)",
     "a process was killed, most likely for its memory",
     "Give the job more memory, or make it use less."),
    ("exit 137", 60,
     "exit code |exit status |exited |exit with ",
     r"exit(?:ed)? (?:code|status|with)? ?(?:code )?(137)\b",
     "a process was killed (exit status 137), most likely for its memory",
     "Give the job more memory, or make it use less."),
    ("open files", 86,
     "too many open files|emfile",
     "((?:Too many open files|EMFILE).{0,100})",
     "too many files are open ({0})", "Close them, or raise the limit (ulimit -n)."),
    ("processes", 84,
     "cannot fork|resource temporarily unavailable|can't start new thread|unable to "
     "create native thread|fork: retry",
     "((?:[Cc]annot fork|fork: .*Resource temporarily unavailable|can't start new thread|"
     "unable to create (?:new )?native thread).{0,80})",
     "no more processes can be started ({0})", "Run fewer things at once, or raise the limit."),
)  # fmt: skip

TIMEOUT: Sequence[Row] = (
    ("job timeout", 92,
     "execution took longer|exceeded the maximum execution|script timed out|the job has "
     "exceeded|timeout has been exceeded",
     r"(execution took longer than \S+|has exceeded the maximum execution time.*|The job "
     "running on runner .+ has exceeded.*)",
     "the job ran longer than it may ({0})",
     "Look for what waits or loops; only then raise the job's timeout."),
    ("pytest timeout", 80,
     "failed: timeout|+ timeout +",
     r"(Failed: Timeout .+|\++ Timeout \++)",
     "a test ran longer than it may ({0})",
     "Look for a loop or a wait without end before raising it."),
    ("Go timeout", 84,
     "panic: test timed out",
     r"(panic: test timed out after \S+)",
     "the tests ran longer than they may ({0})",
     "Look for a deadlock in the goroutines listed below."),
    ("Jest timeout", 78,
     "exceeded timeout|test timed out in",
     r"(Exceeded timeout of \d+ ?ms.*|Test timed out in \d+ ?ms.*)",
     "a test ran longer than it may ({0})",
     "Look for a promise that never settles before raising it."),
    ("timeout command", 84,
     "sending signal",
     r"(sending signal \S+ to command .+)",
     "a command ran longer than it may ({0})", "Look for what waits or loops in it."),
    ("subprocess timeout", 78,
     "timeoutexpired|timeouterror|timeoutexception|timed out after",
     r"((?:\S+\.)?(?:TimeoutExpired|TimeoutError|TimeoutException)\b.*|Command .+ timed "
     "out after .+)",
     "something took longer than it may ({0})", "Look for what waits or loops in it."),
    ("exit 124", 62,
     "exit code |exit status ",
     r"exit (?:code|status) (124)\b",
     "a command ran longer than `timeout` allows (exit status 124)",
     "Look for what waits or loops in it."),
    ("surefire timeout", 78,
     "there was a timeout",
     "(There was a timeout or other error in the fork.*)",
     "the tests ran longer than they may ({0})", "Look for what waits or loops."),
)  # fmt: skip
