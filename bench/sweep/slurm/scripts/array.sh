#!/usr/bin/env bash
#
# The cells of a study, dealt out to an array of {{count .Shards "element"}}; submit.sh submits it, and merge.sh after it.
# Written by {{.By}}
#
#SBATCH --job-name={{.Name}}
#SBATCH --array=1-{{.Shards}}{{if .Concurrent}}%{{.Concurrent}}{{end}}
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task={{.CPUs}}
#SBATCH --mem={{.Memory}}M
#SBATCH --time={{clock .Time}}
{{- template "where" .}}
#SBATCH --output=log/array-%a.txt
#SBATCH --open-mode=append
#
# Slurm puts an element back into the queue when its node fails or when it is preempted; before the time
# limit it sends USR1 to this script, which then does the same. The element goes on from its checkpoints.
#SBATCH --requeue
#SBATCH --signal=B:USR1@{{.Lead}}

set -u

dir={{quote .Dir}}
shards={{.Shards}}
shard=${SLURM_ARRAY_TASK_ID:?this is an element of an array: submit it with $(printf %q "$dir/slurm/submit.sh")}
job=${SLURM_ARRAY_JOB_ID}_$shard
{{- if .Level}}
export KAC_LEVEL={{.Level}}
{{- end}}

say() { printf '%s shard %s/%s, job %s: %s\n' "$(date '+%F %T')" "$shard" "$shards" "$job" "$*"; }

if ! [ -d "$dir/slurm" ]; then
	say "the study's directory $dir is not there any more; if it was moved, write the scripts anew by kac slurm --replace"
	exit 2
fi

# A signal ends "wait" below but not kac, which saves its cells within seconds and ends with exit code 4.
# USR1 comes to this script alone. TERM, of scancel and preemption, comes to kac as well, whom a second
# TERM would end at once; whether the element runs again is then not ours to decide.
limit=no
stopped=no
kac=
stop() {
	stopped=yes
	[ -z "$kac" ] || kill -TERM "$kac" 2>/dev/null
}
trap 'limit=yes; stop' USR1
trap 'stopped=yes; sleep 3; stop' TERM

say "start $((${SLURM_RESTART_COUNT:-0} + 1)) on ${SLURMD_NODENAME:-$(hostname)}"
{{quote .Program}} sweep {{.Sweep}} \
	--shard "$shard/$shards" --workers {{.CPUs}} --checkpoint {{.Checkpoint}} &
kac=$!
if [ "$stopped" = yes ]; then stop; fi
while
	stopped=no
	wait "$kac"
	code=$?
	[ "$stopped" = yes ]
do :; done
trap '' USR1 TERM

case $code in
0)
	say "finished"
	;;
4 | 143) # 143: TERM came before kac had begun
	if [ "$limit" = no ]; then
		say "stopped; the cells are saved"
	elif scontrol requeue "$job"; then
		say "the time limit is near; the cells are saved and the element is back in the queue"
		exit 0
	else
		say "the time limit is near, and this cluster does not let the element requeue itself; run submit.sh again"
	fi
	;;
*)
	say "failed with exit code $code"
	;;
esac
exit "$code"
