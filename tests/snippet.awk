# SPDX-License-Identifier: MIT
# Prints the fenced C block that follows the line <!-- snippet: NAME -->, with the line numbers of
# the file it came from. A snippet without main gets an empty one, so that it can be linked.
$0 == "<!-- snippet: " name " -->" { wanted = 1; next }
wanted && $0 == "```c" {
    wanted = 0
    inside = found = 1
    printf "#line %d \"%s\"\n", NR + 1, FILENAME
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
    if (!found || inside) {
        print "no C block after <!-- snippet: " name " -->" | "cat 1>&2"
        exit 1
    }
    if (!has_main) {
        print "int main(void)\n{\n    return 0;\n}"
    }
}
