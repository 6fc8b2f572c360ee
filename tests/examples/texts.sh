#!/usr/bin/env bash
# Words instead of classes and of images: embed_text, classify --labels, search query --text.
#
#   tests/examples/texts.sh PROGRAMS_FOLDER REPOSITORY
set -uo pipefail

programs=$1
root=$2
goldens=$root/tests/golden
clip=$goldens/text_encoders/clip
siglip=$goldens/text_encoders/siglip
cat=$goldens/pipeline/chelsea.png
source "$(dirname "$0")/checks.sh"

# Vectors of texts, and classes by them.
texts=$work/texts.safetensors
run 0 embed_text --model "$clip" --output "$texts" cat 'cup of coffee' dog
prints 'texts.safetensors: 3 texts of width 8$'
run 0 classify --model "$clip" --text-embeddings "$texts" "$cat"
lines 4
cp "$work/out" "$work/by_file"
run 0 classify --model "$clip" --labels 'cat, cup of coffee ,dog' "$cat"
expect "the same as by the file of vectors" cmp -s "$work/by_file" "$work/out"
printf '\xef\xbb\xbfcat\r\n\ncup of coffee\ndog' >"$work/labels.txt"
run 0 classify --model "$clip" --labels "$work/labels.txt" "$cat"
expect "the same as by the file of vectors" cmp -s "$work/by_file" "$work/out"
run 0 classify --model "$clip" --labels 'cat, dog' --template 'a photo of a {}' --json "$cat"
prints '"label":"(cat|dog)"'

# Several templates, of which some come from a file, are averaged.
printf 'a photo of a {}\n{}\n' >"$work/templates.txt"
run 0 embed_text --model "$siglip" --output "$texts" --template "$work/templates.txt" --template 'itap of my {}.' cat dog
run 0 classify --model "$siglip" --text-embeddings "$texts" "$cat"
cp "$work/out" "$work/by_file"
run 0 classify --model "$siglip" --labels 'cat,dog' --template 'a photo of a {}' --template '{}' \
  --template 'itap of my {}.' "$cat"
expect "the same as by the file of vectors" cmp -s "$work/by_file" "$work/out"
for precision in bfloat16 int8; do
  run 0 embed_text --model "$clip" --output "$texts" --precision "$precision" cat
done

run 0 embed_text --model "$clip" --output "$work/int8.safetensors" --precision int8 --float-layers 'blocks.*' cat
expect "other vectors" test "$(cmp "$texts" "$work/int8.safetensors" 2>&1 | wc -l)" -eq 1
run 2 classify --model "$clip" --template 'a {}' "$cat"
run 2 classify --model "$clip" --labels 'cat' --text-embeddings "$texts" "$cat"
run 1 classify --model "$clip" --labels 'cat,,dog' "$cat"
says 'label 2: expected a word, found an empty text'
run 1 classify --model "$clip" --labels 'cat' --template "$work/nothing.txt" "$cat"
says 'nothing.txt: cannot be read'
printf '\n' >"$work/blank.txt"
run 1 classify --model "$clip" --labels "$work/blank.txt" "$cat"
says 'blank.txt: expected a line of text, found none'
run 1 classify --model "$clip" --labels 'cat' --template 'a {} and a {}' "$cat"
says "template 'a {} and a {}': expected one {}, where the label goes, found more"
run 1 classify --model "$goldens/models/hf_vit" --labels 'cat' "$cat"
says 'expected a model that reads texts'
run 1 embed_text --model "$clip" --output "$work/none.safetensors" cat ' '
says 'label 2: expected a word, found an empty text'
run 1 embed_text --model "$clip" --output "$work/none.safetensors" $'\xff'
says 'expected a text in valid UTF-8'
missing "$work/none.safetensors"
run 1 embed_text --model "$clip" --output "$work/none.safetensors" --dataset-index 1 cat
says 'expected no dataset index for a network of texts, found 1'
run 2 embed_text --model "$clip" --output "$work/none.safetensors"

# Brackets belong to a text.
run 0 embed_text --model "$clip" --output "$work/brackets.safetensors" '[cat]' '[a,b]' dog
expect "texts with their brackets" grep -aqF '[\"[cat]\",\"[a,b]\",\"dog\"]' "$work/brackets.safetensors"

# Search by words, with an image, and without what is not wanted.
index=$work/index.safetensors
run 0 search build "$goldens/pipeline" --model "$clip" --output "$index"
run 0 search query --model "$clip" --index "$index" --text 'a cat'
lines 3
prints '^a cat$'
prints '^  -?0\.[0-9]{4}  /.*/pipeline/(chelsea|coffee)\.png$'
run 0 search query --model "$clip" --index "$index" --text 'a cat' --text 'snow' --not 'a dog' --json
prints '^\{"texts":\["a cat","snow"\],"not":\["a dog"\],"matches":\[\{"path":"'
run 0 search query "$cat" --model "$clip" --index "$index" --text 'in snow' --not 'people' --html "$work/page.html"
prints 'chelsea.png \+ in snow - people$'
expect "the query on the page" grep -qF 'chelsea.png + in snow - people' "$work/page.html"
run 0 search query --model "$clip" --index "$index" --text '<b>' --html "$work/page.html"
expect "the words on the page" grep -qF '<div class="none">&lt;b&gt;</div>' "$work/page.html"
run 1 search query --model "$clip" --index "$index" --text 'a cat' --not 'a cat'
says 'expected a vector with a direction, found one of zeros'
run 1 search query --model "$clip" --index "$index" --text ''
says 'expected a word, found an empty text'
run 2 search query --model "$clip" --index "$index"
says 'IMAGE or --text is required'
run 2 search query --model "$clip" --index "$index" --not 'a dog'

# The same with everything in memory, a query a line.
cat >"$work/queries" <<END
{"text": "a cat"}
{"text": "in snow", "image": "$cat", "not": "people", "top_k": 1}
{"text": 3}
{"image": "$work/nothing.png"}
not JSON
{"top_k": 2}
{"text": "a cat", "top_k": 18446744073709551615}
{"text": "a cat", "top_k": 0}
{"text": "a cat", "top_k": -1}
{"text": "a cat", "top_k": 1e300}
{"text": "a cat", "top_k": 99999999999999999999999}
{"text": "a cat", "top_k": "2"}
{"text": "a cat", "top_k": null}
[{"top_k": 2}]
"top_k"
END
run 0 search_server --model "$clip" --index "$index" <"$work/queries"
lines 15
for found in 0 -1 '1e\+300' '9\.9+e\+22' '\\"2\\"' null; do
  prints '^\{"error":"key '"'top_k'"': expected a whole number from 1 on, found '"$found"'"\}$'
done
prints '^\{"matches":\[\{"image":"(chelsea|coffee)\.png","score":-?0\.[0-9]+\},\{"image":"(chelsea|coffee)\.png","score":-?0\.[0-9]+\}\],"ms":'
prints '^\{"matches":\[\{"image":"(chelsea|coffee)\.png","score":-?0\.[0-9]+\}\],"ms":'
prints '^\{"error":"expected a query such as \{\\"text\\": \\"a dog\\"\}: '
prints '^\{"error":".*nothing\.png: '
prints '^\{"error":".*expected a vector with a direction'
says 'search_server: 2 images'
run 0 search query --model "$clip" --index "$index" --text 'a cat' --json
best=$(sed -n 's/.*"matches":\[{"path":"[^"]*\/\([a-z.]*\)".*/\1/p' "$work/out")
run 0 search_server --model "$clip" --index "$index" <"$work/queries"
expect "the image that search finds" test "$(head -n 1 "$work/out" | sed 's/.*\[{"image":"\([a-z.]*\)".*/\1/')" = "$best"
run 1 search_server --model "$root/examples/models/vit_cifar10_patch4_32" --index "$index" </dev/null
says 'expected a model that reads texts'
run 0 search query --model "$clip" --index "$index" --precision int8 --text-float-layers 'blocks.0.*' --text 'a cat'
run 0 classify --model "$clip" --labels 'cat, dog' --precision int8 --text-float-layers 'blocks.*' "$cat"
run 1 classify --model "$clip" --labels 'cat, dog' --precision int8 --text-float-layers 'blocks.9.*' "$cat"
says "found 'blocks.9.*'"
run 2 classify --model "$clip" --precision int8 --text-float-layers 'blocks.*' "$cat"

# Texts of NLLB-CLIP are of a language.
nllb=$goldens/text_encoders/open_clip_nllb
run 0 embed_text --model "$nllb" --output "$texts" 'un chat'
run 0 embed_text --model "$nllb" --output "$work/french.safetensors" --language fra_Latn 'un chat'
expect "the language of the folder" cmp -s "$texts" "$work/french.safetensors"
run 0 embed_text --model "$nllb" --output "$work/english.safetensors" --language eng_Latn 'un chat'
expect "other vectors" test "$(cmp "$texts" "$work/english.safetensors" 2>&1 | wc -l)" -eq 1
run 0 classify --model "$nllb" --labels 'chat, chien' --language fra_Latn "$cat"
run 1 classify --model "$nllb" --labels 'chat, chien' --language fra "$cat"
says "expected the special token 'fra' in the vocabulary"
run 1 search query --model "$clip" --index "$index" --language fra_Latn --text 'un chat'
says "for texts in 'fra_Latn', found one without languages"
run 2 classify --model "$clip" --language fra_Latn "$cat"

finish
