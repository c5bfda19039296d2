# SPDX-License-Identifier: MIT
# compare.awk TABLE RESULTS...: are the differences that occurred those of the table?
#
# The rows of both read alike: PROGRAM/TEST | ASSERTION | what is expected | what Wine gave. A row
# that stands twice occurs at two places in the source.

function problem(text) {
    print "oracle: " text
    problems++
}

# A reason is [CLASS] and words; with some classes the id of a rule is among them.
function check_reason(    class, words) {
    if (reason == "") {
        return
    }
    class = words = reason
    sub(/^\[/, "", class)
    sub(/\].*$/, "", class)
    sub(/^\[[^]]*\]/, "", words)
    if (class !~ /^(absent|stub|differs|pick|extension|subset|platform|tools)$/) {
        problem(reason_at ": no class of reasons: " class)
    }
    if (words !~ /[a-z]+ [a-z]+/) {
        problem(reason_at ": no reason: " reason)
    }
    if (class ~ /^(differs|pick)$/ && words !~ /[A-Z]-[0-9]+/) {
        problem(reason_at ": names no rule: " reason)
    }
}

function occurs(row) {
    differences++
    if (++occurred[row] > listed[row]) {
        problem("not listed: " row)
    }
}

function check_counted() {
    if (program != "" && tests_here == 0) {
        problem(program " ran no test")
    }
}

{
    gsub(/[ \t]+/, " ")
    sub(/ $/, "")
}

FILENAME == ARGV[1] && /^$|^#/ { next }
FILENAME == ARGV[1] && /^\[/ {
    check_reason()
    reason = $0
    reason_at = FILENAME ":" FNR
    next
}
FILENAME == ARGV[1] && /^ / { # the reason goes on
    reason = reason $0
    next
}
FILENAME == ARGV[1] {
    if (reason == "") {
        problem(FILENAME ":" FNR ": above any reason: " $0)
    }
    listed[$0]++
    order[++rows] = $0
    next
}

/^program / {
    check_counted()
    program = $2
    tests_here = 0
    programs++
    next
}
/^test / {
    test = $2
    differences_here = 0
    tests_here++
    tests++
    next
}
/^end / {
    if ($2 == 0 && differences_here == 0) {
        problem(test " checked nothing")
    }
    assertions += $2
    next
}
/^difference / {
    sub(/^difference /, "")
    differences_here++
    occurs(program "/" $0)
    next
}
/^undeclared / {
    occurs("headers/(mingw-w64) | " $2 " | declared | not declared")
    next
}
{ problem("not understood: " $0) }

END {
    check_reason()
    check_counted()
    if (programs == 0 || tests == 0 || assertions == 0) {
        problem("nothing was compared")
    }
    for (i = 1; i <= rows; i++) {
        row = order[i]
        if (occurred[row] < listed[row]) {
            problem("listed, but does not occur: " row)
            occurred[row]++
        }
    }
    printf "oracle: %d programs, %d tests, %d assertions compared with %s, %d differences, %s\n",
        programs, tests, assertions, version, differences,
        problems ? problems " PROBLEMS" : "all listed"
    exit problems > 0
}
