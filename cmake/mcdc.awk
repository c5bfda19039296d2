# SPDX-License-Identifier: MIT
# Reads tests/mcdc/declared (its name in the variable declared), then what llvm-cov shows of src, with
# branches and MC/DC, and prints what is missing (with list=1), the figures of each file, and the total.
# Exit 1 below the limits or where a declaration is wrong.

function fail(text) { print "mcdc: " text; failed = 1 }

function read_declared(   line, count) {
    while ((getline line < declared) > 0) {
        if (line ~ /^[^ #]/) {
            split(line, part, " ")
            count = ++declarations
            d_file[count] = part[1]; d_function[count] = part[2]; d_kind[count] = part[3]
            sub(/^[^ ]+ +[^ ]+ +[^ ]+ +/, "", line)
            d_text[count] = line
            if (part[3] !~ /^(chance-)?(true|false|pair)$/) fail(declared ": not a kind: " part[3])
            if (sub(/^chance-/, "", d_kind[count])) is_chance[count]
        } else if (line ~ /^ +[^ ]/) {
            d_reason[count] = 1
        }
    }
    close(declared)
    for (count = 1; count <= declarations; count++) {
        if (!d_reason[count]) fail(declared ": no reason: " d_text[count])
    }
}

# "(12:34)" or "(12:34):" as 12 SUBSEP 34
function place(text) {
    gsub(/[^0-9:]/, "", text); sub(/:$/, "", text); sub(/:/, SUBSEP, text)
    return file SUBSEP text
}

function note(key) {
    if (!(key in known)) { known[key]; keys[++key_count] = key }
}

BEGIN { read_declared() }

/^\/.*:$/ {
    file = substr($0, length(src) + 2, length($0) - length(src) - 2)
    if (!(file in files)) { files[file]; order[++file_count] = file }
    function_name = ""
    next
}
/^ *[0-9]+\|/ {
    number = $0; sub(/\|.*/, "", number); number += 0
    text = $0; sub(/^ *[0-9]+\|[^|]*\|/, "", text)
    source[file, number] = text
    if (match(text, /^[A-Za-z_].*\(/)) {
        # The name before the first parenthesis that has one.
        name = text
        sub(/__attribute__\(\([^)]*\)\)/, "", name)
        if (match(name, /[A-Za-z_][A-Za-z0-9_]*\(/)) function_name = substr(name, RSTART, RLENGTH - 1)
    }
    in_function[file, number] = function_name
    next
}
/Branch \([0-9]+:[0-9]+\): \[True:/ {
    match($0, /\([0-9]+:[0-9]+\)/)
    key = place(substr($0, RSTART, RLENGTH))
    note(key)
    is_branch[key]
    match($0, /True: [^,]*/); true_count = substr($0, RSTART + 6, RLENGTH - 6)
    match($0, /False: [^\]]*/); false_count = substr($0, RSTART + 7, RLENGTH - 7)
    if (true_count != "0") was_true[key]
    if (false_count != "0") was_false[key]
    next
}
/MC\/DC Decision Region/ { decision++; next }
/Condition C[0-9]+ -->/ {
    match($0, /C[0-9]+/); condition = substr($0, RSTART, RLENGTH)
    match($0, /\([0-9]+:[0-9]+\)/); at[decision, condition] = place(substr($0, RSTART, RLENGTH))
    next
}
/C[0-9]+-Pair: / {
    match($0, /C[0-9]+/); key = at[decision, substr($0, RSTART, RLENGTH)]
    if ($0 ~ /constant folded/) next
    note(key)
    is_condition[key]
    if ($0 ~ /Pair: covered/) was_alone[key]
    next
}

# The declaration that this is never taken, or 0.
function find_declared(key, kind,   i) {
    for (i = 1; i <= declarations; i++) {
        if (d_file[i] == k_file && d_function[i] == k_function && d_kind[i] == kind &&
            index(k_text, d_text[i]) == 1) {
            d_found[i]++
            return i
        }
    }
    return 0
}

function miss(what) {
    if (list) print k_file ":" k_line ": " k_function ": " what " of: " k_text
}

function judge_branch(key, kind, is_taken,   declaration) {
    branches[k_file]++
    declaration = find_declared(key, kind)
    if (declaration && is_taken && !(declaration in is_chance)) fail(k_file ":" k_line ": declared, but taken: " kind " of: " k_text)
    if (is_taken) return
    if (declaration) { declared_count[k_file]++; excused[key]; return }
    missed[k_file]++
    miss(kind)
}

function judge_condition(key,   declaration) {
    conditions[k_file]++
    declaration = find_declared(key, "pair")
    if (key in was_alone) {
        if (declaration && !(declaration in is_chance)) fail(k_file ":" k_line ": declared, but it decides alone: " k_text)
        return
    }
    if (declaration || key in excused) return
    lonely[k_file]++
    miss("pair")
}

function percent(whole, without) { return whole == 0 ? 100 : 100 * (whole - without) / whole }

function show_line(name, b, m, c, l, d) {
    printf "branches %5.1f %% of %4d, conditions %5.1f %% of %4d, declared %2d  %s\n", percent(b, m), b,
        percent(c, l), c, d, name
}

END {
    for (i = 1; i <= key_count; i++) {
        key = keys[i]
        split(key, part, SUBSEP)
        k_file = part[1]; k_line = part[2]
        k_function = in_function[k_file, k_line]
        k_text = substr(source[k_file, k_line], part[3])
        if (key in is_branch) {
            judge_branch(key, "true", key in was_true)
            judge_branch(key, "false", key in was_false)
        }
        if (key in is_condition) judge_condition(key)
    }
    for (i = 1; i <= declarations; i++) {
        if (!d_found[i]) fail(declared ": not in " d_file[i] ", " d_function[i] ": " d_text[i])
    }
    for (i = 1; i <= file_count; i++) {
        f = order[i]
        show_line(f, branches[f], missed[f], conditions[f], lonely[f], declared_count[f])
        b += branches[f]; m += missed[f]; c += conditions[f]; l += lonely[f]; d += declared_count[f]
    }
    show_line("TOTAL", b, m, c, l, d)
    if (b == 0 || percent(b, m) < branch_limit || percent(c, l) < condition_limit) {
        fail("below " branch_limit " % of branches or " condition_limit " % of conditions")
    }
    exit failed
}
