#!/usr/bin/env bash
# Guess:      A package that ships its workflows as TypeScript bundles where it is installed as it did in its own checkout.
# Behaviour:  Temporal's bundler transforms .ts and .js alike but for what lies under node_modules: there .js bundles and
#             .ts is handed on as it is, so that the first type in it is a parse error. The same file one folder higher bundles.
#             `webpackConfigHook` can take the exclusion out of the rule.
# Versions:   @temporalio/worker 1.24.0, Node 20.
# Seen:       2026-11-30, output below. Fails if that changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @temporalio/worker@1.24.0 @temporalio/workflow@1.24.0
mkdir -p node_modules/shipped own
echo 'export async function greet(name: string): Promise<string> { return `hello ${name}`; }' | tee own/flows.ts >node_modules/shipped/flows.ts
echo 'exports.greet = async (name) => `hello ${name}`;' >node_modules/shipped/plain.js
cat > probe.cjs <<'PROBE'
const { bundleWorkflowCode, DefaultLogger } = require("@temporalio/worker");
const logger = new DefaultLogger("ERROR", () => undefined);
const whole = (config) => ({ ...config, module: { ...config.module, rules: config.module.rules.map((rule) =>
  String(rule.test) === String(/\.ts$/) ? { ...rule, exclude: [] } : rule) } });
(async () => {
  const cases = [["own/flows.ts"], ["node_modules/shipped/plain.js"], ["node_modules/shipped/flows.ts"], ["node_modules/shipped/flows.ts", whole]];
  for (const [file, webpackConfigHook] of cases) {
    const options = { workflowsPath: `${process.cwd()}/${file}`, logger, ...webpackConfigHook && { webpackConfigHook } };
    const seen = await bundleWorkflowCode(options).then(() => "bundles", () => "does not bundle");
    console.log(`${file}${webpackConfigHook ? ", without the exclusion" : ""}: ${seen}`);
  }
})();
PROBE
seen=$(node probe.cjs)
echo "$seen"
expected='own/flows.ts: bundles
node_modules/shipped/plain.js: bundles
node_modules/shipped/flows.ts: does not bundle
node_modules/shipped/flows.ts, without the exclusion: bundles'
[ "$seen" = "$expected" ] || { echo "This has changed. Expected:"; echo "$expected"; exit 1; }
