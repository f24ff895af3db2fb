#!/usr/bin/env bash
# Guess:      What a TensorFlow graph computes does not depend on what its nodes are called.
# Behaviour:  Before a graph's first run, TensorFlow's graph optimiser sorts the inputs of commutative operations by the names of the nodes, as text:
#             n10 comes before n9. The same sum of three numbers is 1 under one set of names and 0 under another, in float32.
#             Who generates names with running numbers gets other last bits where one more node comes before; numbers of one width do not.
# Versions:   tensorflow-cpu 2.21.0, Python 3.11.
# Seen:       2026-11-29, output below. Fails if that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet tensorflow-cpu==2.21.0
cat > "$work/probe.py" <<'PROBE'
import os
os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
import numpy as np
import tensorflow as tf

v1 = tf.compat.v1

def total(names):
    """1e8 + (-1e8) + 1, the addends given in this order, by nodes of these names."""
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [1], name='x')
        addends = [tf.multiply(x, np.float32(value), name=name) for name, value in zip(names, (1e8, -1e8, 1.0))]
        return float(session.run(tf.add_n(addends, name='total'), {x: [1.0]})[0])

print('n8, n9, n10:', total(['n8', 'n9', 'n10']))
print('n08, n09, n10:', total(['n08', 'n09', 'n10']))
PROBE
seen=$("$work/venv/bin/python" "$work/probe.py" 2>/dev/null)
expected='n8, n9, n10: 0.0
n08, n09, n10: 1.0'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; echo "$expected"; exit 1; }
