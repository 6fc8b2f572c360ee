#!/usr/bin/env bash
# The shipped model's predictions on the test images of CIFAR-10 against PyTorch's.
#
#   bash tests/compare_cifar10.sh ARCHIVE [--python PYTHON] [--model DIR] [--classify PATH] [--threads N] [--limit N]
#
# ARCHIVE is a tar file with test/<label>/*.jpg. Without --python a virtual environment with the reference packages is
# made once in build/reference (PyTorch is a large download). Exit status 0: every prediction is identical.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
usage="usage: bash tests/compare_cifar10.sh ARCHIVE [--python PYTHON] [--model DIR] [--classify PATH] [--threads N] [--limit N]"

archive=
python=
model=$root/examples/models/vit_cifar10_patch4_32
classify=$root/build/examples/classify
extra=()
while [ $# -gt 0 ]; do
  case $1 in
    --python | --model | --classify | --threads | --limit)
      if [ $# -lt 2 ]; then
        echo "$1 needs a value; $usage" >&2
        exit 2
      fi
      case $1 in
        --python) python=$2 ;;
        --model) model=$2 ;;
        --classify) classify=$2 ;;
        *) extra+=("$1" "$2") ;;
      esac
      shift 2
      ;;
    -h | --help)
      echo "$usage"
      exit 0
      ;;
    -*)
      echo "unknown option $1; $usage" >&2
      exit 2
      ;;
    *)
      archive=$1
      shift
      ;;
  esac
done

if [ -z "$archive" ]; then
  echo "$usage" >&2
  exit 2
fi
if [ ! -x "$classify" ]; then
  echo "$classify is not built; build the examples first (bash examples/run.sh) or name it with --classify" >&2
  exit 1
fi

if [ -z "$python" ]; then
  environment=$root/build/reference
  python=$environment/bin/python
  if [ ! -f "$environment/complete" ]; then
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet torch==2.15.0 torchvision==0.29.2 timm==1.0.31 safetensors==0.8.0 \
      numpy==2.4.6 pillow==13.0.0
    touch "$environment/complete"
  fi
fi

exec "$python" "$root/tests/compare_cifar10.py" "$archive" --model "$model" --classify "$classify" "${extra[@]}"
