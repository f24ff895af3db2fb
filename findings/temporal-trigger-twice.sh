#!/usr/bin/env bash
# Guess:      A schedule triggered twice starts its workflow twice where its overlap policy allows all, or says that it did not.
# Behaviour:  A start is named by the second in which it was asked for. Of two triggers within one second both are acknowledged, one workflow starts, and
#             neither the schedule's recent actions nor its counters tell of the other. Two seconds apart there are two.
# Versions:   Temporal CLI 1.5.1 (server 1.29.1), @temporalio/client 1.24.0, Node 20.
# Seen:       2026-11-30, output below. Fails if that changes.
set -euo pipefail
work=$(mktemp -d)
server=
trap 'test -z "$server" || { kill "$server"; wait "$server" || true; }; rm -rf "$work"' EXIT
cd "$work"
GOBIN="$work" go install github.com/temporalio/cli/cmd/temporal@v1.5.1 2>go.log || { cat go.log; exit 1; }
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @temporalio/client@1.24.0
port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
./temporal server start-dev --headless --ip 127.0.0.1 --port "$port" --log-level never >server.log 2>&1 &
server=$!
cat > probe.cjs <<'PROBE'
const { Client, Connection } = require("@temporalio/client");
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
(async () => {
  const address = `127.0.0.1:${process.argv[2]}`;
  const connection = await Connection.connect({ address, connectTimeout: "60 s" });
  const client = new Client({ connection });
  const action = { type: "startWorkflow", workflowType: "any", taskQueue: "nobody", args: [] };
  for (const pauseMs of [0, 2000]) {
    const scheduleId = `pause-${pauseMs}`;
    const handle = await client.schedule.create({ scheduleId, spec: {}, policies: { overlap: "ALLOW_ALL" }, action: { ...action, workflowId: scheduleId } });
    await sleep(1020 - (Date.now() % 1000)); // early in a second
    await handle.trigger("ALLOW_ALL");
    await sleep(pauseMs);
    await handle.trigger("ALLOW_ALL");
    await sleep(4000);
    const { info } = await handle.describe();
    console.log(`${pauseMs} ms apart: ${info.recentActions.length} recent, ${info.numActionsTaken} taken, ${info.numActionsSkippedOverlap + info.numActionsMissedCatchupWindow} skipped or missed`);
  }
  await connection.close();
})();
PROBE
seen=$(node probe.cjs "$port")
echo "$seen"
expected='0 ms apart: 1 recent, 1 taken, 0 skipped or missed
2000 ms apart: 2 recent, 2 taken, 0 skipped or missed'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; echo "$expected"; exit 1; }
