#!/usr/bin/env bash
# A real Slurm of several nodes on this machine: no container, no root, no munge, no systemd. It is up in about a second.
#
#   slurm.sh run [NODES] -- COMMAND...   run COMMAND in a cluster of its own, which is gone afterwards without a trace
#   slurm.sh start DIR [NODES]           a cluster that stays, in the new folder DIR; prints what to export
#   slurm.sh stop DIR                    end its jobs and daemons, remove DIR
#   slurm.sh check                       say whether Slurm is installed
#
# To try a job script at home:  slurm.sh run -- bash    and then sinfo, sbatch, squeue, scancel as on any cluster.
# Needs Slurm's programs, no service (Debian, Ubuntu: apt-get install slurmctld slurmd slurm-client).
#
# Partitions, all of them over all nodes:
#   batch     the default; requeued when `urgent` needs the nodes
#   fleeting  cancelled when `urgent` needs the nodes, with SLURM_LAB_GRACE seconds of grace: the site that does not requeue
#   short     as batch, for at most 5 minutes
#   urgent    preempts the others
#
# From the environment, with the defaults: SLURM_LAB_CPUS=4, SLURM_LAB_MEMORY=8192 (MiB) and SLURM_LAB_GPUS=4 (at most 4, fake) for
# each node, SLURM_LAB_ARRAY=101 (MaxArraySize: the largest index is 100), SLURM_LAB_GRACE=5 and SLURM_LAB_KILLWAIT=3 (seconds),
# SLURM_LAB_MIN_AGE=300 (seconds for which squeue knows a job that ended), SLURM_LAB_CONF (more lines for slurm.conf; they win).
# Processors and memory are claims: nothing keeps a job from more, except that memory is looked at every second.
#
# Nodes are called by loopback addresses, which therefore resolve. Authentication is off (no munge), so whoever reaches the ports
# can start processes as you. `run` hides them in a network namespace where it may (as root, or where users may make namespaces),
# where COMMAND has no other network either; where it may not, and always with `start`, the daemons listen on all addresses of the
# machine, and a line says so.
# `run` also gives the cluster a /dev/shm of its own where it may: MPICH names what the ranks of a node share by job and step, leaves it
# behind when a rank is killed, and a job of the same number in a later cluster would wait in it for ever.
# README.md beside this file tells what was measured here: states, signals, seconds.
set -euo pipefail
export PATH=$PATH:/usr/sbin:/sbin

fail() { echo "slurm.sh: $*" >&2; exit 1; }

usage() { sed -n '4,7s/^#  *//p' "${BASH_SOURCE[0]}" >&2; exit 2; }

check_installed() {
  local program
  for program in slurmctld slurmd sbatch squeue scontrol; do
    command -v "$program" >/dev/null ||
      fail "$program is not installed. Debian, Ubuntu: apt-get install slurmctld slurmd slurm-client"
  done
}

check_count() { [[ $1 =~ ^[1-9][0-9]?$ ]] || fail "NODES is $1, and has to be a number from 1 to 99"; }

# Unix sockets of Slurm lie below the folder, and a path to one has at most 107 bytes.
check_folder() {
  [ "${#1}" -le 60 ] || fail "the path $1 is too long for Slurm's sockets: at most 60 characters (run: set TMPDIR)"
  [[ $1 =~ ^[A-Za-z0-9/._+-]+$ ]] || fail "the path $1 has characters that slurm.conf does not take"
}

is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The first of NODES + 1 free ports in a row, below those that the kernel hands out.
free_ports() {
  local first port
  for _ in {1..50}; do
    first=$((20000 + RANDOM % 10000))
    for ((port = first; port <= first + $1; port++)); do is_free "$port" || continue 2; done
    echo "$first"
    return
  done
  fail "found no $(($1 + 1)) free ports in a row between 20000 and 30000"
}

configure() {
  local folder=$1 count=$2 port nodes host user devices gpus=${SLURM_LAB_GPUS:-4}
  port=$(free_ports "$count") host=$(hostname -s) user=$(id -un)
  nodes="127.0.0.[11-$((10 + count))]"
  # slurmd wants devices as GPUs, and these are everywhere.
  devices=$(printf '%s\n' /dev/null /dev/zero /dev/full /dev/random | head -n "$gpus" | paste -sd ,)
  mkdir -p "$folder"/{etc,run,log,state,spool,tmp}
  # Or slurmd ends where the machine has no control groups.
  echo 'CgroupPlugin=cgroup/v1' >"$folder/etc/cgroup.conf"
  printf 'AutoDetect=off\n%s\n' "${devices:+NodeName=$nodes Name=gpu Type=fake File=$devices}" >"$folder/etc/gres.conf"
  cat >"$folder/etc/slurm.conf" <<CONF
ClusterName=laboratory
SlurmctldHost=$host(127.0.0.1)
# Not 1: numbers that an earlier cluster has used may have left shared memory behind.
FirstJobId=$((RANDOM * 1000 + 1))
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/none
# Five seconds is the least that is allowed; a requeued job waits for it, or for two minutes without it.
AuthInfo=cred_expire=5
CredType=cred/none
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$folder/log/ended
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
PriorityType=priority/basic
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=1
MaxArraySize=${SLURM_LAB_ARRAY:-101}
MinJobAge=${SLURM_LAB_MIN_AGE:-300}
KillWait=${SLURM_LAB_KILLWAIT:-3}
OverTimeLimit=0
ReturnToService=2
PropagateResourceLimits=NONE
SlurmdParameters=config_overrides
SlurmdTimeout=5
SlurmctldPort=$port
SlurmctldPidFile=$folder/run/slurmctld.pid
SlurmdPidFile=$folder/run/slurmd.%n.pid
SlurmctldLogFile=$folder/log/slurmctld
SlurmdLogFile=$folder/log/slurmd.%n
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool/%n
TmpFS=$folder/tmp/%n
DefMemPerCPU=$((${SLURM_LAB_MEMORY:-8192} / ${SLURM_LAB_CPUS:-4}))
GresTypes=gpu
NodeName=$nodes NodeHostname=$host NodeAddr=$nodes Port=[$((port + 1))-$((port + count))] CPUs=${SLURM_LAB_CPUS:-4} RealMemory=${SLURM_LAB_MEMORY:-8192} ${devices:+Gres=gpu:fake:$gpus} State=UNKNOWN
PartitionName=DEFAULT Nodes=ALL State=UP LLN=YES DefaultTime=10 MaxTime=INFINITE PriorityTier=1 PreemptMode=REQUEUE
PartitionName=batch Default=YES
PartitionName=short DefaultTime=2 MaxTime=5
PartitionName=fleeting PreemptMode=CANCEL GraceTime=${SLURM_LAB_GRACE:-5}
PartitionName=urgent PriorityTier=10 PreemptMode=OFF
${SLURM_LAB_CONF:-}
CONF
}

# Slurm 22.05 was seen to crash (SIGSEGV) when a job that runs twice, its first node lost and found again, ends a step on it. As on a
# site, it is started again and knows its jobs; clients try for ten seconds.
control() {
  local again
  for again in {1..20}; do
    if slurmctld -D; then return; fi
    echo "slurmctld has ended for the ${again}. time: it is started again"
  done
}

# SLURM_LABORATORY marks what belongs to a cluster, so that nothing else is ever ended: the shell that exported SLURM_CONF has no mark.
belong() { export SLURM_CONF=$1/etc/slurm.conf SLURM_LABORATORY=$1; }

are_idle() { [ "$(timeout 2 sinfo -h -N -p batch -o %t 2>/dev/null | grep -cx idle)" = "$1" ]; }

launch() {
  local folder=$1 count=$2 node
  setsid "$BASH" "${BASH_SOURCE[0]}" control </dev/null >"$folder/log/slurmctld.out" 2>&1 &
  for ((node = 11; node <= 10 + count; node++)); do
    mkdir -p "$folder/spool/127.0.0.$node" "$folder/tmp/127.0.0.$node"
    timeout 20 slurmd -N "127.0.0.$node" </dev/null >"$folder/log/slurmd.127.0.0.$node.out" 2>&1 || return
  done
  for _ in {1..200}; do if are_idle "$count"; then return; fi; sleep 0.1; done
  return 1
}

start() {
  local folder=$1 count=$2
  if ! (belong "$folder" && configure "$folder" "$count" && launch "$folder" "$count"); then
    tail -n 5 "$folder"/log/* >&2
    stop "$folder"
    fail "the cluster did not come up: its logs are above"
  fi
}

# The daemons, their steps and what they run: processes with this cluster's SLURM_CONF, and its mark or a job's. A slurmstepd writes
# its title over its marks.
members() {
  local process
  { grep -lazFx "SLURM_CONF=$1/etc/slurm.conf" /proc/[0-9]*/environ 2>/dev/null || true; } | cut -d / -f 3 | while read -r process; do
    if grep -qazE "^(SLURM_LABORATORY=$1|SLURM_JOB_ID=[0-9]+)\$" "/proc/$process/environ" 2>/dev/null ||
      [[ $(readlink "/proc/$process/exe") == */slurmstepd* ]]; then
      echo "$process"
    fi
  done
}

empty_queue() {
  local client=(env "SLURM_CONF=$1/etc/slurm.conf" timeout 5)
  [ -n "$("${client[@]}" squeue -h 2>/dev/null)" ] || return 0
  "${client[@]}" squeue -h -o %A 2>/dev/null | sort -u | xargs -r "${client[@]}" scancel --signal=KILL --full >/dev/null 2>&1 || true
  "${client[@]}" squeue -h -o %A 2>/dev/null | sort -u | xargs -r "${client[@]}" scancel >/dev/null 2>&1 || true
  for _ in {1..30}; do [ -n "$("${client[@]}" squeue -h 2>/dev/null)" ] || return 0; sleep 0.1; done
}

stop() {
  local folder=$1 file process
  [ -f "$folder/etc/slurm.conf" ] || return 0
  empty_queue "$folder"
  for file in "$folder"/run/*.pid; do
    process=$(cat "$file" 2>/dev/null) || continue
    # A pid file outlives its daemon when that was killed, and the number may be another's by now.
    if members "$folder" | grep -qx "$process"; then kill -KILL "$process" 2>/dev/null || true; fi
  done
  for _ in {1..50}; do
    process=$(members "$folder" | paste -sd ' ')
    [ -n "$process" ] || break
    # shellcheck disable=SC2086 # several numbers
    kill -KILL $process 2>/dev/null || true
    sleep 0.1
  done
  rm -rf "$folder"
}

# Ends the command, then the cluster. Ctrl-C has reached the command already, which has ten seconds; then it is ended with the cluster.
leave() {
  local status=$?
  trap '' INT TERM HUP
  if [ -n "${command:-}" ]; then
    if [ "$status" -ne 130 ]; then kill -TERM "$command" 2>/dev/null || true; fi
    for _ in {1..100}; do kill -0 "$command" 2>/dev/null || break; sleep 0.1; done
  fi
  stop "$laboratory"
  rm -rf "$laboratory"
  exit "$status"
}

run_inside() {
  local count=$1
  shift
  laboratory=$(mktemp -d "${TMPDIR:-/tmp}/slurm.XXXXXX")
  trap leave EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
  check_folder "$laboratory"
  start "$laboratory" "$count"
  # In the background, so that a signal to this script is seen at once; but a command there would ignore Ctrl-C and lose its input.
  (belong "$laboratory" && exec env --default-signal=INT,QUIT "$@") <&0 &
  command=$!
  local status=0
  wait "$command" || status=$?
  command=
  exit "$status"
}

# A network of its own needs lo, and a second address: with none but 127.0.0.1 Slurm resolves no name.
namespaced() {
  mount -t tmpfs -o mode=1777 shared /dev/shm 2>/dev/null || true
  ip link set lo up
  ip address add 10.9.9.9/32 dev lo
  run_inside "$@"
}

run_anywhere() {
  local unshare=(unshare --net --mount)
  [ "$(id -u)" -eq 0 ] || unshare=(unshare --user --map-current-user --keep-caps --net --mount)
  if command -v ip >/dev/null && "${unshare[@]}" ip link set lo up 2>/dev/null; then
    exec "${unshare[@]}" "$BASH" "${BASH_SOURCE[0]}" namespaced "$@"
  fi
  warn
  run_inside "$@"
}

warn() {
  echo "slurm.sh: the daemons listen on all addresses of this machine, and ask nobody who they are. On a network you do not trust, use 'slurm.sh run' as root: it hides them." >&2
}

case ${1:-} in
  run)
    shift
    count=4
    if [[ ${1:-} != -- ]]; then count=${1:-4}; shift || true; fi
    if [[ ${1:-} != -- || $# -lt 2 ]]; then usage; fi
    shift
    check_count "$count"
    check_installed
    run_anywhere "$count" "$@"
    ;;
  namespaced)
    shift
    namespaced "$@"
    ;;
  control) control ;;
  start)
    if [ $# -lt 2 ] || [ $# -gt 3 ]; then usage; fi
    folder=$(readlink -m "$2") count=${3:-4}
    check_count "$count"
    check_folder "$folder"
    check_installed
    if [ -e "$folder" ]; then fail "$folder exists: name a new folder, or stop the cluster in it: slurm.sh stop $folder"; fi
    warn
    start "$folder" "$count"
    echo "export SLURM_CONF=$folder/etc/slurm.conf"
    ;;
  stop)
    if [ $# -ne 2 ]; then usage; fi
    folder=$(readlink -m "$2")
    [ -f "$folder/etc/slurm.conf" ] || fail "$folder holds no cluster of this script"
    stop "$folder"
    ;;
  check) check_installed ;;
  *) usage ;;
esac
