#!/usr/bin/env bash
#
# The tables of a study whose shards array.sh has run. With cells missing it says which shards have them,
# makes no tables, and fails.
# Written by {{.By}}
#
#SBATCH --job-name={{.Name}}-merge
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task={{.CPUs}}
#SBATCH --mem={{.MergeMemory}}M
#SBATCH --time={{clock .Time}}
{{- template "where" .}}
#SBATCH --output=log/merge.txt
#SBATCH --open-mode=append
#SBATCH --requeue

set -u

dir={{quote .Dir}}
{{- if .Level}}
export KAC_LEVEL={{.Level}}
{{- end}}

say() { printf '%s merge, job %s: %s\n' "$(date '+%F %T')" "${SLURM_JOB_ID:-none}" "$*"; }

if ! [ -d "$dir/slurm" ]; then
	say "the study's directory $dir is not there any more; if it was moved, write the scripts anew by kac slurm --replace"
	exit 2
fi

say "start on ${SLURMD_NODENAME:-$(hostname)}"
{{quote .Program}} sweep {{.Sweep}} \
	--merge --workers {{.CPUs}}
code=$?
if [ "$code" -eq 0 ]; then
	say "the tables are in $dir"
	exit 0
fi
{{quote .Program}} status "$dir" --shards {{.Shards}}
say "failed with exit code $code, and made no tables; what the shards say is in $dir/slurm/log;" \
	"to go on with what is left: $(printf %q "$dir/slurm/submit.sh")"
exit "$code"
