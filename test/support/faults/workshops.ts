/** As many workshops, or what stands in for one, as trials run at once; each trial has one to itself. */
import { join } from 'node:path';
import { after } from 'node:test';
import { Workshop } from './workshop.ts';

export class OneForEach<W extends { close(): Promise<void> }> {
  readonly #idle: W[] = [];
  readonly #all: W[] = [];
  readonly #openAt: (folder: string) => Promise<W>;
  #opened = 0;

  constructor(open: (folder: string) => Promise<W>) {
    this.#openAt = open;
    after(async () => {
      await Promise.all(this.#all.map((workshop) => workshop.close()));
    });
  }

  async use<T>(folder: string, work: (workshop: W) => Promise<T>): Promise<T> {
    const workshop = this.#idle.pop() ?? (await this.#open(folder));
    const result = await work(workshop);
    // one whose trial failed may still be busy with it
    this.#idle.push(workshop);
    return result;
  }

  async #open(folder: string): Promise<W> {
    // counted before the wait: several trials open theirs at once
    this.#opened += 1;
    const workshop = await this.#openAt(join(folder, `workshop-${this.#opened}`));
    this.#all.push(workshop);
    return workshop;
  }
}

export class Workshops extends OneForEach<Workshop> {
  constructor() {
    super((folder) => Workshop.open(folder));
  }
}
