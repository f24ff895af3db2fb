#!/usr/bin/env bash
# Guess:      The times at which a schedule matches within a range are those that a backfill over the same range starts.
# Behaviour:  The question for matching times leaves out a time that is the range's start; a backfill from there starts it. Both have the range's end.
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
  const connection = await Connection.connect({ address: `127.0.0.1:${process.argv[2]}`, connectTimeout: "60 s" });
  const client = new Client({ connection });
  const [start, end] = [new Date("2026-01-02T03:00:00Z"), new Date("2026-01-02T05:00:00Z")];
  const handle = await client.schedule.create({
    scheduleId: "hourly", spec: { cronExpressions: ["0 * * * *"] }, state: { paused: true },
    action: { type: "startWorkflow", workflowType: "any", taskQueue: "nobody", workflowId: "hourly", args: [] },
  });
  const seconds = (date) => ({ seconds: date.getTime() / 1000 });
  const { startTime } = await client.workflowService.listScheduleMatchingTimes({ namespace: "default", scheduleId: "hourly", startTime: seconds(start), endTime: seconds(end) });
  const hour = (ms) => new Date(ms).toISOString().slice(11, 16);
  console.log(`matching: ${startTime.map((time) => hour(Number(time.seconds) * 1000)).join(" ")}`);
  await handle.backfill({ start, end, overlap: "ALLOW_ALL" });
  await sleep(4000);
  const { info } = await handle.describe();
  console.log(`started: ${info.recentActions.map(({ action }) => action.workflow.workflowId.slice(-9, -4)).sort().join(" ")}`);
  await connection.close();
})();
PROBE
seen=$(node probe.cjs "$port")
echo "$seen"
expected='matching: 04:00 05:00
started: 03:00 04:00 05:00'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; echo "$expected"; exit 1; }
