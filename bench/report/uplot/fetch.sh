#!/usr/bin/env bash
# Puts uPlot (https://github.com/leeoniya/uPlot, MIT), the chart library of reports, beside this file,
# at the version and with the bytes that are pinned here. Files that are in order are not fetched again,
# so that go generate works without a network.
set -euo pipefail
cd "$(dirname "$0")"

version=1.6.32
package=4b8a8191e425658e3ea8c8c1314b0fc679c861ee3a1af2b20c7b16ba50b5133d
sums="19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f  uPlot.iife.min.js
df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04  uPlot.min.css
8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd  LICENSE"

if sha256sum --check --strict --status <<<"$sums" 2>/dev/null; then
	exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "uplot@$version" >/dev/null)
echo "$package  $work/uplot-$version.tgz" | sha256sum --check --strict --quiet
tar -xzf "$work/uplot-$version.tgz" -C "$work"
cp "$work/package/dist/uPlot.iife.min.js" "$work/package/dist/uPlot.min.css" "$work/package/LICENSE" .
sha256sum --check --strict --quiet <<<"$sums"
