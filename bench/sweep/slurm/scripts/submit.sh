#!/usr/bin/env bash
#
# Submits the array and, to run when all its elements have ended, the merge. Options are passed on to sbatch.
# Given again after the jobs have ended, in whatever way, it goes on with what is left.
# Written by {{.By}}

set -euo pipefail
cd -- {{quote .Folder}}

if [ -s jobs.txt ]; then
	last=$(tail -n 1 jobs.txt)
	# squeue fails for jobs that Slurm has forgotten.
	if [ -n "$(squeue --noheader --jobs="${last/ /,}" 2>/dev/null || true)" ]; then
		echo "submit.sh: the jobs ${last/ / and } of this study are still in the queue; wait for them, or first: scancel $last" >&2
		exit 1
	fi
fi

array=$(sbatch --parsable "$@" array.sh)
array=${array%%;*} # without the cluster's name
merge=$(sbatch --parsable --dependency="afterany:$array" "$@" merge.sh) || {
	echo "submit.sh: array job $array is submitted, but not the merge; submit it with: sbatch --dependency=afterany:$array '$PWD/merge.sh'" >&2
	echo "$array" >>jobs.txt
	exit 1
}
merge=${merge%%;*}
echo "$array $merge" >>jobs.txt
echo "array job $array ({{count .Shards "element"}}) and merge job $merge are submitted"
