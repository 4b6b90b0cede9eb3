#!/usr/bin/env bash
# Installs what make test-slurm needs, from Debian's packages: Slurm, munge, shellcheck. Nothing is
# configured, and the test starts daemons of its own.
set -euo pipefail

missing=no
for program in munged slurmctld slurmd sbatch scontrol squeue scancel sinfo shellcheck; do
	command -v "$program" >/dev/null || missing=yes
done
if [ "$missing" = no ]; then exit 0; fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
	echo "install.sh: on Debian as root this installs slurm-wlm, munge and shellcheck; elsewhere install them first" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends slurm-wlm munge shellcheck
