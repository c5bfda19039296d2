# SPDX-License-Identifier: MIT
# Prints the fenced C block that follows the line <!-- snippet: NAME -->, with the line numbers of
# the file it came from; of several names, with commas between them, the block of each, in the order in
# which they stand there. Blocks without main get an empty one, so that they can be linked. With
# -v language=sh a block of commands, as it is.
BEGIN {
    if (language == "") {
        language = "c"
    }
    names = split(name, list, ",")
    for (i = 1; i <= names; i++) {
        marks["<!-- snippet: " list[i] " -->"] = 1
    }
}
$0 in marks { wanted = 1; next }
wanted && $0 == "```" language {
    wanted = 0
    inside = 1
    found++
    if (language == "c") {
        printf "#line %d \"%s\"\n", NR + 1, FILENAME
    }
    next
}
inside && $0 == "```" { inside = 0 }
wanted && $0 != "" { wanted = 0 }
inside {
    print
    if (/(^|[^A-Za-z0-9_])main\(/) {
        has_main = 1
    }
}
END {
    if (found != names || inside) {
        print "no block of " language " after each <!-- snippet: " name " -->" | "cat 1>&2"
        exit 1
    }
    if (language == "c" && !has_main) {
        print "int main(void)\n{\n    return 0;\n}"
    }
}
