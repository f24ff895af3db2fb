/** A process that puts the same bytes into a store again and again: `store-writer.ts <out> <times>`. */
import { layoutOf } from '../../infra/store/layout.ts';
import { LocalStore } from '../../infra/store/local-store.ts';

const [out, times] = process.argv.slice(2);
const store = new LocalStore(layoutOf(out!));
for (let round = 0; round < Number(times); round += 1) {
  const ref = await store.put(new Uint8Array(300_000).fill(round));
  await store.remember(`round-${round}`, { activity: 'test', spec: { round }, output: { ref } });
}
