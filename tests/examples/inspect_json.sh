#!/usr/bin/env bash
# What inspect says for programs: inspect --json.
#
#   tests/examples/inspect_json.sh PROGRAMS_FOLDER REPOSITORY JSON_LINES
set -uo pipefail

programs=$1
root=$2
json_lines=$3
model=$root/examples/models/vit_cifar10_patch4_32
goldens=$root/tests/golden/models
source "$(dirname "$0")/checks.sh"

# inspect_json MODEL...: its values, one a line by their paths.
inspect_json() {
  run 0 inspect --json --model "$@"
  lines 1
  "$json_lines" <"$work/out" >"$work/values"
  expect "valid JSON" test $? -eq 0
  mv "$work/values" "$work/out"
}
inspect_json "$model" --batch-size 3 --threads 2
prints '^/family string "timm"$'
prints '^/architecture string "vit_tiny_patch16_224"$'
prints '^/image/channels number 3$'
prints '^/patch/height number 4$'
prints '^/tokens/total number 65$'
prints '^/tokens/cls boolean true$'
prints '^/tokens/grid/width number 8$'
prints '^/width number 128$'
prints '^/depth number 6$'
prints '^/positions/rotary string "none"$'
prints '^/block/form string "pre_norm"$'
prints '^/attention/heads number 4$'
prints '^/mlp/activation string "gelu"$'
prints '^/norm/eps number 1e-0?6$'
prints '^/pool/kind string "token"$'
prints '^/classes number 10$'
prints '^/image_embeds null null$'
prints '^/depth_estimation null null$'
prints '^/pose_estimation null null$'
prints '^/segmentation null null$'
prints '^/preprocessing/resize/mode string "shortest_edge"$'
prints '^/preprocessing/crop/height number 32$'
prints '^/preprocessing/mean/2 number 0\.5$'
prints '^/labels number 10$'
prints '^/scores string "softmax"$'
prints '^/parameters number 1205898$'
prints '^/weight_bytes number 4823592$'
prints '^/precisions/float32/packed_bytes number [0-9]+$'
prints '^/precisions/int8/packed_bytes number [0-9]+$'
prints '^/precisions/bfloat16/instructions string "[a-z0-9]'
prints '^/workspace/bytes number [0-9]+$'
prints '^/workspace/batch_size number 3$'
prints '^/workspace/threads number 2$'
prints '^/peak_bytes number [0-9]+$'
prints '^/flops number [0-9]+$'
inspect_json "$goldens/timm_vit_no_head"
prints '^/scores null null$'
inspect_json "$goldens/hf_clip"
prints '^/image_embeds/width number [0-9]+$'
inspect_json "$goldens/hf_siglip2_classifier"
prints '^/preprocessing/resize/mode string "patches"$'
prints '^/preprocessing/resize/max_patches number 30$'
inspect_json "$goldens/hf_aimv2_native"
prints '^/positions/computed boolean true$'
inspect_json "$goldens/hf_depth_anything_metric"
prints '^/depth_estimation/metric boolean true$'
prints '^/depth_estimation/blocks/3 number 4$'
prints '^/preprocessing/resize/mode string "exact"$'
inspect_json "$goldens/hf_zoedepth_nk"
prints '^/depth_estimation/metric boolean true$'
prints '^/depth_estimation/domains/1/name string "kitti"$'
prints '^/depth_estimation/domains/1/max_depth number 80'
inspect_json "$goldens/hf_beit_segmentation"
prints '^/segmentation/classes number 5$'
prints '^/segmentation/blocks/3 number 3$'
inspect_json "$goldens/hf_dpt_segmentation_add"
prints '^/segmentation/classes number 3$'
prints '^/segmentation/blocks/1 number 1$'
inspect_json "$goldens/hf_vitpose_plus" --dataset-index 1
prints '^/pose_estimation/keypoints number 3$'
prints '^/pose_estimation/edges/1/1 number 2$'
prints '^/preprocessing/resize/mode string "padded_box"$'
inspect_json "$goldens/dino" --release dino
# Decimals as people write them, though the network has them as float.
prints '^/preprocessing/mean/0 number 0\.485$'
prints '^/notes/0 string '

# The same keys for every model.
keys() { cut -d ' ' -f 1 "$work/out" | grep -vE '^/(notes|image_embeds|depth_estimation|pose_estimation|segmentation|preprocessing|attention/kv_heads)'; }
inspect_json "$model"
keys >"$work/keys"
for golden in timm_rope hf_yolos; do
  inspect_json "$goldens/$golden"
  expect "the same keys" cmp -s "$work/keys" <(keys)
done

# Names of any kind.
mkdir "$work/odd"
sed 's/"architecture": *"[^"]*"/"architecture": "vit_tiny_patch16_224"/; s/"airplane"/"a\\u001b\\"\\\\plane"/' \
  "$model/config.json" >"$work/odd/config.json"
ln -s "$model/model.safetensors" "$work/odd/model.safetensors"
inspect_json "$work/odd"
run 1 inspect --json --model "$work/none"
lines 0

finish
