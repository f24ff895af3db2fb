#!/usr/bin/env node
// @ts-check
/** The package's bin: set-up, then the command line tool with the arguments as given. */
import { launch } from '../setup/launch.mjs';

await launch('infra/cli/main.ts', process.argv.slice(2));
