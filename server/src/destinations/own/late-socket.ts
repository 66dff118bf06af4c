// A connection that is there at once and open later: for libraries that want a socket by return, where ours comes by the guarded way, which looks
// first where it leads. What is written before it is open waits.
import type { Socket } from "node:net";
import { Duplex } from "node:stream";

export class LateSocket extends Duplex {
  readonly #socket: Promise<Socket>;
  #open: Socket | undefined;

  constructor(socket: Promise<Socket>, onConnect: () => void) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    socket.then((open) => this.#opened(open, onConnect), (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))));
  }

  #opened(open: Socket, onConnect: () => void): void {
    if (this.destroyed) return void open.destroy();
    this.#open = open;
    open.on("data", (bytes) => {
      if (!this.push(bytes)) open.pause();
    });
    open.on("end", () => this.push(null)).on("error", (error) => this.destroy(error)).on("close", () => this.destroy());
    onConnect();
  }

  override _read(): void {
    this.#open?.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#socket.then((open) => void open.write(chunk, (error) => done(error)), (error: unknown) => done(error instanceof Error ? error : new Error(String(error))));
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.then((open) => open.end(() => done()), () => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.then((open) => open.destroy(), () => undefined);
    done(error);
  }

  unref(): this {
    this.#open?.unref();
    return this;
  }
}
