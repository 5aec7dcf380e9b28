#!/usr/bin/env bash
# Makes a base image from Debian packages, for machines that cannot pull the public ones: Debian 12 with the libraries that .NET needs.
#   docker/base-image.sh [TAG]        (as root, with debootstrap; TAG is disttrain-base unless given)
# DEBIAN_MIRROR is where packages come from, http://deb.debian.org/debian unless given.
set -euo pipefail

tag=${1:-disttrain-base}
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
folder=$(mktemp -d)
trap 'rm -rf --one-file-system "$folder"' EXIT

# Packages are signed, so that plain HTTP will do.
debootstrap --variant=minbase --include=ca-certificates,libssl3,libstdc++6 bookworm "$folder" "$mirror" >"$folder.txt" 2>&1 || {
    tail -n 5 "$folder.txt" >&2
    rm -f "$folder.txt"
    echo "no base image: debootstrap could not make a Debian from $mirror" >&2
    exit 1
}
rm -f "$folder.txt"

# Of the packages' files, those that only people read, and what apt has fetched.
rm -rf "$folder"/var/cache/apt/* "$folder"/var/lib/apt/lists/* "$folder"/var/log/* "$folder"/usr/share/{doc,man,info,locale,i18n}/* "$folder"/usr/lib/*/gconv

tar -C "$folder" --numeric-owner -c . | docker import - "$tag" >/dev/null
echo "made the base image $tag: $(docker image inspect --format '{{.Size}}' "$tag" | awk '{printf "%.0f MB", $1 / 1e6}')"
