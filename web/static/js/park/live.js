/* The live preview: one question at a time, and always about the newest layout. */

export class LivePreview {
  #next = null;
  #busy = false;
  #round = 0;

  /** `onanswer` hears {result, file, millis}, `onerror` what went wrong. */
  constructor(app, { onanswer, onerror }) {
    Object.assign(this, { app, onanswer, onerror });
  }

  /** Ask about a changed layout; questions that were not yet sent are dropped. */
  ask(present, changed, weather) {
    this.#next = { present, changed, weather };
    if (!this.#busy) this.#run();
  }

  /** Answers that are still under way are no longer wanted. */
  forget() {
    this.#next = null;
    this.#round += 1;
  }

  async #run() {
    this.#busy = true;
    while (this.#next) {
      const question = this.#next;
      const round = this.#round;
      this.#next = null;
      await this.#send(question, round);
    }
    this.#busy = false;
  }

  async #send(question, round) {
    const started = performance.now();
    try {
      const result = await this.app.source.ask("/whatif", {
        method: "POST",
        body: JSON.stringify(question),
        headers: { "Content-Type": "application/json" },
      });
      const millis = performance.now() - started;
      if (round === this.#round) this.onanswer({ result, file: question.changed, millis });
    } catch (error) {
      if (round === this.#round) this.onerror(error);
    }
  }
}
