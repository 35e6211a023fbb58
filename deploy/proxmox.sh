#!/bin/sh
# Makes and starts a machine on a Proxmox VE host: sh proxmox.sh ID NAME [STORAGE [BRIDGE]]
# It needs anonymos.qcow2 in the current folder. The files opt/anonymos/... can be changed later
# with `qm set ID --args`.
set -eu
id=$1
name=$2
storage=${3:-local-lvm}
bridge=${4:-vmbr0}

qm create "$id" --name "$name" --memory 128 --cores 1 --ostype other --machine q35 \
  --net0 "virtio,bridge=$bridge" --rng0 source=/dev/urandom --serial0 socket --vga serial0 \
  --args "-fw_cfg name=opt/anonymos/run,string=httpd"
qm set "$id" --sata0 "$storage:0,import-from=$PWD/anonymos.qcow2" --boot order=sata0
qm start "$id"
