# Gathers the C++ code of documents (*.md) and of headers' comments into one translation unit, each
# block as a function of its own.
#
#   awk -v root=REPOSITORY -f code.awk FILE...
#
# In a document a block is what lies between ```cpp and ```; `<!-- test: same FILE -->` on the line
# before says that FILE holds it, which is compiled elsewhere: only their equality is checked. In a
# header a block is a run of comment lines indented by five columns or more, of which one ends in a
# semicolon; the others are formulas. What blocks use without declaring it is in given.hpp.

function fail(message) {
  printf "%s:%d: %s\n", path, line, message > "/dev/stderr"
  failed = 1
}

# Ends a block, which began in line `line` of `path` and whose text is `code`.
function add() {
  ++blocks
  name = path
  gsub(/[^A-Za-z0-9]/, "_", name)
  body = body "\n[[maybe_unused]] void " name "_" line "() {\n#line " line " \"" path "\"\n" code "}\n"
}

function begin() {
  line = FNR + 1
  code = ""
}

FNR == 1 {
  path = FILENAME
  if (index(path, root "/") == 1) path = substr(path, length(root) + 2)
  document = path ~ /\.md$/
  inside = 0
  same = ""
}

document && inside && /^```$/ {
  inside = 0
  if (same == "") {
    add()
  } else {
    expected = ""
    while ((getline text < (root "/" same)) > 0) expected = expected text "\n"
    close(root "/" same)
    if (code != expected) fail("expected the text of " same)
    same = ""
  }
  next
}
document && inside {
  if (same == "" && $0 ~ /^#include /) {
    includes = includes $0 "\n"
    $0 = ""
  }
  code = code (same == "" && $0 != "" ? "  " : "") $0 "\n"
  next
}
document && /^<!-- test: same [^ ]+ -->$/ {
  same = $4
  next
}
document && /^```cpp$/ {
  inside = 1
  begin()
  next
}
document && same != "" {
  fail("expected ```cpp after a test's comment")
  same = ""
}
document { next }

# A header.
/^ *\/\/\/     / {
  text = $0
  sub(/^ *\/\/\/     /, "", text)
  if (!inside) {
    begin()
    line = FNR
    inside = 1
    statements = 0
  }
  code = code empty "  " text "\n"
  empty = ""
  sub(/ *\/\/.*$/, "", text)
  if (text ~ /;$/) statements = 1
  next
}
inside && /^ *\/\/\/$/ {
  empty = empty "\n"
  next
}
{
  if (inside && statements) add()
  inside = 0
  empty = ""
}

END {
  if (failed) exit 1
  printf "%s\nnamespace {\n%s\n}  // namespace\n", includes, body
  printf "%d blocks of code\n", blocks > "/dev/stderr"
}
