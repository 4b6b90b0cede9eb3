#!/usr/bin/env bash
#
# Submits the array and, to run when all its elements have ended, the merge. Options are passed on to sbatch.
# Given again after the jobs have ended, in whatever way, it goes on with what is left.
# Written by {{.By}}

set -euo pipefail

folder={{quote .Folder}}
here=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")
anew() { # the command that writes the scripts, with what is given
	printf ' %q' {{quote .Program}} slurm "$here/study.toml" {{range .Overrides}}{{quote .}} {{end}}--out "${here%/*}" --replace "$@"
	echo
}
if ! [ "$here" -ef "$folder" ]; then
	printf 'submit.sh: the scripts were written for %q and are in %q now; write them for this place:%s\n' "$folder" "$here" "$(anew)" >&2
	exit 2
fi
cd -- "$folder"

for option; do
	case $option in
	--array | --array=* | -a* | --dependency | --dependency=* | -d* | --wrap | --wrap=* | --signal | --signal=* | --mem-per-* | --test-only | --quiet | -Q | --help | -h | --version | -V)
		printf 'submit.sh: %q: the scripts need this option as it is; see kac slurm --help for what can be set\n' "$option" >&2
		exit 2
		;;
	esac
done

# Indices of an array end one below the cluster's MaxArraySize. Without an answer sbatch decides.
size=$(scontrol show config 2>/dev/null | sed -n 's/^MaxArraySize *= *\([0-9][0-9]*\) *$/\1/p') || size=
if [ -n "$size" ] && [ {{.Shards}} -ge "$size" ]; then
	printf 'submit.sh: --shards {{.Shards}}: this cluster takes arrays of at most %s elements, its MaxArraySize being %s; write the scripts with fewer:%s\n' \
		$((size - 1)) "$size" "$(anew --shards $((size - 1)))" >&2
	exit 2
fi

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
	printf 'submit.sh: array job %s is submitted, but not the merge; submit it with: sbatch --dependency=afterany:%s %q\n' "$array" "$array" "$PWD/merge.sh" >&2
	echo "$array" >>jobs.txt
	exit 1
}
merge=${merge%%;*}
echo "$array $merge" >>jobs.txt
echo "array job $array ({{count .Shards "element"}}) and merge job $merge are submitted"
