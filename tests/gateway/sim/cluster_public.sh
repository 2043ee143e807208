#!/usr/bin/env bash
# The public trace of a GPU cluster at 90 % of its capacity; skipped where it is not at hand.
# usage: tests/gateway/sim/cluster_public.sh BUILD_DIR TRACE_DIR HOURS
set -euo pipefail
build=$1 trace=$2 hours=$3
if [ ! -f "$trace/gpu_cluster_tasks.csv" ]; then
  echo "skipped: no $trace/gpu_cluster_tasks.csv"
  exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$build/karst" replay cluster --nodes "$trace/gpu_cluster_nodes.csv" \
  --tasks "$trace/gpu_cluster_tasks.csv" --data "$folder/x" --hours "$hours" --scale 90
