/** Results of asynchronous work on many items, in the items' order, a few of them under way at once. A
 *  failure is thrown in its place; what was under way is awaited first, so that nothing goes on behind the
 *  caller's back. */
export async function* yieldInOrder<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  atOnce: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  try {
    for await (const item of items) {
      const result = work(item);
      result.catch(() => undefined); // thrown where its turn comes
      running.push(result);
      if (running.length >= atOnce) yield await running.shift()!;
    }
    while (running.length > 0) yield await running.shift()!;
  } finally {
    await Promise.allSettled(running);
  }
}
