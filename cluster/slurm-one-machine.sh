#!/usr/bin/env bash
# Starts Slurm on this one machine, without systemd, to try cluster/alexnet.sbatch: munge, slurmctld and slurmd with a configuration in a folder.
# Needs root and Debian's slurm-wlm and munge. Ends them with: cluster/slurm-one-machine.sh stop DIR
#
#   cluster/slurm-one-machine.sh start DIR; export SLURM_CONF=DIR/slurm.conf; sbatch --wait cluster/alexnet.sbatch --steps 20
set -euo pipefail
[ $# = 2 ] || { echo "usage: slurm-one-machine.sh start|stop DIR" >&2; exit 2; }
dir=$(mkdir -p "$2" && cd "$2" && pwd)
stop() {
    local name pid
    for name in slurmd slurmctld munged; do
        [ -f "$dir/$name.pid" ] && pid=$(cat "$dir/$name.pid") && kill "$pid" 2> /dev/null && while kill -0 "$pid" 2> /dev/null; do sleep 0.1; done
    done
    return 0
}
if [ "$1" = stop ]; then stop; exit 0; fi
[ "$1" = start ] || { echo "found $1; expected start or stop" >&2; exit 2; }
trap 'stop' ERR

# The daemons look at the owner and mode of every folder above their files.
mkdir -p "$dir/state" "$dir/spool" "$dir/munge"
chmod 755 "$dir"
chmod 711 "$dir/munge"
[ -f "$dir/munge.key" ] || { (umask 077 && head -c 128 /dev/urandom > "$dir/munge.key"); }
munged --force --key-file "$dir/munge.key" --socket "$dir/munge/socket" --pid-file "$dir/munged.pid" --log-file "$dir/munged.log" --seed-file "$dir/munge.seed"
host=$(hostname -s)
cat > "$dir/slurm.conf" << CONF
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge/socket
CryptoType=crypto/munge
SlurmctldPort=16817
SlurmdPort=16818
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MpiDefault=none
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$dir/slurm.conf
slurmctld -f "$dir/slurm.conf"
slurmd -f "$dir/slurm.conf"
for _ in $(seq 100); do
    sinfo -h -o %T 2> /dev/null | grep -q idle && exit 0
    sleep 0.2
done
echo "slurm does not come up: see the logs in $dir" >&2
false
