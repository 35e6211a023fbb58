#!/bin/sh
# Makes a disk that configures one machine: sh cidata.sh seed.iso USER-DATA HOSTNAME
# USER-DATA is a file in the syntax of anonymos.conf, or a script that begins with #!anonymos.
# Attach the ISO read-only as a virtio disk, or as a CD on IDE.
set -eu
iso=$1
data=$2
name=$3

folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cp "$data" "$folder/user-data"
printf 'instance-id: %s\nlocal-hostname: %s\n' "$name" "$name" > "$folder/meta-data"
xorriso -as mkisofs -quiet -o "$iso" -V cidata -J -R "$folder/user-data" "$folder/meta-data"
