#!/usr/bin/env bash
# Installs what the comparison needs beside Go, from Debian's packages, or says what to install.
set -euo pipefail

packages="python3-numpy python3-torch libopenblas0-openmp"
missing=""
for package in $packages; do
	if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed'; then
		missing="$missing $package"
	fi
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	apt-get update
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
else
	echo "peers that are not installed are left out; for all of them: sudo apt-get install$missing" >&2
fi
