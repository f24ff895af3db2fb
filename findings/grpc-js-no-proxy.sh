#!/usr/bin/env bash
# Guess:      no_proxy=* keeps gRPC's calls in Node from every proxy, as it does for curl, and an empty entry, as a comma at the end leaves it, means nothing.
# Behaviour:  * is taken for the end of a host's name and fits none: the proxy is asked. An empty entry fits every host: the proxy is asked for none.
# Versions:   @grpc/grpc-js 1.14.7 (build/src/http_proxy.js: entries are compared by endsWith), Node 20.20.
# Seen:       2026-11-30, output below. Fails if that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @grpc/grpc-js@1.14.7
cat > probe.cjs <<'PROBE'
const { createServer } = require("node:http");
const grpc = require("@grpc/grpc-js");
let asked = false;
const proxy = createServer().on("connect", (_, socket) => { asked = true; socket.end("HTTP/1.1 403 Forbidden\r\n\r\n"); });
proxy.listen(0, "127.0.0.1", () => {
  process.env.http_proxy = `http://127.0.0.1:${proxy.address().port}`;
  new grpc.Client("localhost:9", grpc.credentials.createInsecure()).waitForReady(Date.now() + 1500, () => {
    console.log(`no_proxy=${process.env.no_proxy || "(empty)"}: the proxy is ${asked ? "asked" : "not asked"}`);
    process.exit(0);
  });
});
PROBE
seen=$(for hosts in '' localhost '*' elsewhere.example elsewhere.example,; do
  env -u https_proxy -u grpc_proxy -u no_grpc_proxy no_proxy="$hosts" node probe.cjs 2>/dev/null
done)
expected='no_proxy=(empty): the proxy is asked
no_proxy=localhost: the proxy is not asked
no_proxy=*: the proxy is asked
no_proxy=elsewhere.example: the proxy is asked
no_proxy=elsewhere.example,: the proxy is not asked'
echo "$seen"
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; echo "$expected"; exit 1; }
