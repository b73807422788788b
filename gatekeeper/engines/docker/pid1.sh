# PID 1 of every sandbox. Needs a POSIX sh, tar, dd, find and cat; runs as a user without rights.
#
# Standard input is the gate: it sends one payload, then holds the line. End of file means that
# the gate is gone, and then this ends, and with PID 1 everything in the container. As PID 1 it
# cannot be killed or stopped from inside, which is why no init stands before it.
# Standard output belongs to the command, and so does descriptor 9, the record (recorder.py).
# Standard error is the answer to the gate; the command never gets it.
#
# The shell is a copy that its own user may not read, so the kernel keeps everything of this
# process from others of the same user: its memory with the token, its descriptors.
umask 022
LC_ALL=C
trap '' HUP INT TERM

probe() {
  while read -r key value rest; do
    case $key in
    Uid: | CapEff: | CapBnd: | NoNewPrivs: | Seccomp:) echo "$key $value" ;;
    esac
  done </proc/self/status
  for file in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do
    [ -r "$file" ] && read -r value <"$file" && echo "memory: $value"
  done
  for file in /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max; do
    [ -r "$file" ] && read -r value <"$file" && echo "pids: $value"
  done
  while IFS=: read -r name rest; do
    case $name in *\|*) ;; *) echo "interface: $name" ;; esac
  done </proc/net/dev
  for file in /var/run/docker.sock /run/docker.sock /run/containerd/containerd.sock \
    /run/podman/podman.sock; do
    [ -e "$file" ] && echo "socket: $file"
  done
  for name in tar dd find cat; do
    command -v "$name" >/dev/null 2>&1 || echo "missing: $name"
  done
  [ -w /workspace ] || echo "missing: write access to /workspace"
  [ -r /proc/self/environ ] && echo "readable: PID 1"
}
exec 3>&2
probe >&3 2>/dev/null
echo ready >&3

# The first line: a word that only the gate knows, then the sizes of two parts in blocks.
IFS=' ' read -r token script_blocks tree_blocks || exit 137
# The script sets `command` and defines environment, discard, outdate and collect.
script=$(dd bs=10240 count="$script_blocks" iflag=fullblock 2>/dev/null)
eval "$script"
cd /workspace || exit 125
refuse() {
  echo "$token refused $1" >&3
  exit 125
}
discard 2>/dev/null
if [ "$tree_blocks" -gt 0 ]; then
  said=$(dd bs=10240 count="$tree_blocks" iflag=fullblock 2>/dev/null | tar -xf - 2>&1) ||
    refuse "the files of the candidate cannot be laid over the tree: $said"
fi
outdate 2>/dev/null
exec 9>/gatekeeper/record  # waits for its reader

kills() {
  for file in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
    [ -r "$file" ] || continue
    while read -r key value; do
      [ "$key" = oom_kill ] && echo "$value" && return
    done <"$file"
  done
  echo 0
}

finish() {
  trap '' USR1
  wait "$job"
  code=$?
  # Nothing may still write while the reports are read; as PID 1 this spares only itself.
  kill -KILL -1 2>/dev/null
  printf '\n%s recorded\n' "$token" 2>/dev/null >&9
  exec 9>&-
  cd /workspace
  {
    echo "$token exit $code $(kills)"
    echo "$token reports"
    collect 2>/dev/null
    echo "$token end"
  } >&3
  # The record goes another way, and the end of this process would cut it off.
  while read -r line && [ "$line" != "done" ]; do :; done
  exit "$code"
}
trap finish USR1

# A session of its own where there is a program for it: then `kill 0` in a test hits the test.
session=
command -v setsid >/dev/null 2>&1 && session=setsid
(
  trap - HUP INT TERM USR1
  environment
  $session sh -c "$command"
  code=$?
  kill -USR1 1
  exit "$code"
) </dev/null 2>&1 3>&- &
job=$!

# The gate sends a line every second: a command that kills all it may kill, kills what would tell
# that it has ended, too.
gone() {
  read -r facts <"/proc/$job/stat" || return 0
  case $facts in *") Z "*) return 0 ;; esac
  return 1
}
while read -r line; do
  gone 2>/dev/null && finish
done
kill -KILL -1 2>/dev/null
exit 137
