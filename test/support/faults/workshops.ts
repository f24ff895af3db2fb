/** As many workshops as trials run at once; each trial has one to itself. */
import { join } from 'node:path';
import { after } from 'node:test';
import { Workshop } from './workshop.ts';

export class Workshops {
  readonly #idle: Workshop[] = [];
  readonly #all: Workshop[] = [];
  #opened = 0;

  constructor() {
    after(async () => { await Promise.all(this.#all.map((workshop) => workshop.close())); });
  }

  async use<T>(folder: string, work: (workshop: Workshop) => Promise<T>): Promise<T> {
    const workshop = this.#idle.pop() ?? await this.#open(folder);
    const result = await work(workshop);
    // one whose trial failed may still be busy with it
    this.#idle.push(workshop);
    return result;
  }

  async #open(folder: string): Promise<Workshop> {
    // counted before the wait: several trials open theirs at once
    this.#opened += 1;
    const workshop = await Workshop.open(join(folder, `workshop-${this.#opened}`));
    this.#all.push(workshop);
    return workshop;
  }
}
