// A mail server for tests, on loopback: it takes what is sent and keeps it. Of SMTP it speaks what a sender without TLS needs.
import { createServer, type AddressInfo, type Socket } from "node:net";

export interface TakenMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and body as they came. */
  readonly raw: string;
  /** The text part, decoded. */
  readonly text: string;
  readonly html: string;
}

export interface TestMailServer {
  readonly url: string;
  readonly mails: readonly TakenMail[];
  /** The first words of all commands. */
  readonly commands: readonly string[];
  /** Resolves with the mail of this number, counted from zero, when it has come. */
  mail(index: number): Promise<TakenMail>;
  /** From now on each recipient is refused. */
  refuse(): void;
  stop(): Promise<void>;
}

export async function startTestMailServer(): Promise<TestMailServer> {
  const mails: TakenMail[] = [];
  const commands: string[] = [];
  const waiting: (() => void)[] = [];
  const sockets = new Set<Socket>();
  const state = { refuses: false };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
    converse(socket, { state, commands }, (mail) => {
      mails.push(mail);
      for (const resume of waiting.splice(0)) resume();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // A server that listens on a port has one.
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    commands,
    async mail(index) {
      for (;;) {
        const found = mails[index];
        if (found) return found;
        await new Promise<void>((resume) => waiting.push(resume));
      }
    },
    refuse: () => void (state.refuses = true),
    stop: () => new Promise((resolve) => {
      for (const socket of sockets) socket.destroy();
      server.close(() => resolve());
    }),
  };
}

interface Conversing {
  readonly state: { readonly refuses: boolean };
  readonly commands: string[];
}

function converse(socket: Socket, { state, commands }: Conversing, onMail: (mail: TakenMail) => void): void {
  let buffer = "";
  let envelope: { from: string; to: string[] } = { from: "", to: [] };
  let isData = false;
  const say = (line: string): void => void socket.write(`${line}\r\n`);
  const command = (line: string): void => {
    const address = /<([^>]*)>/.exec(line)?.[1] ?? "";
    commands.push(line.split(" ", 1)[0]?.toUpperCase() ?? "");
    if (/^(EHLO|HELO)/i.test(line)) return say("250-test\r\n250 AUTH PLAIN");
    if (/^MAIL FROM/i.test(line)) return void (envelope = { from: address, to: [] }, say("250 ok"));
    if (/^RCPT TO/i.test(line)) return state.refuses ? say(`550 <${address}> is not known here`) : void (envelope.to.push(address), say("250 ok"));
    if (/^DATA/i.test(line)) return void (isData = true, say("354 go on"));
    if (/^AUTH/i.test(line)) return say("235 ok");
    if (/^QUIT/i.test(line)) return void socket.end("221 bye\r\n");
    say("250 ok");
  };
  say("220 test");
  socket.on("data", (chunk) => {
    buffer += chunk.toString("utf8");
    for (;;) {
      const end = isData ? buffer.indexOf("\r\n.\r\n") : buffer.indexOf("\r\n");
      if (end < 0) return;
      const piece = buffer.slice(0, end);
      buffer = buffer.slice(end + (isData ? 5 : 2));
      if (!isData) {
        command(piece);
        continue;
      }
      isData = false;
      const raw = piece.replace(/^\.\./gm, ".");
      onMail({ ...envelope, raw, text: partOf(raw, "text/plain"), html: partOf(raw, "text/html") });
      say("250 taken");
    }
  });
}

function partOf(raw: string, type: string): string {
  const found = new RegExp(`Content-Type: ${type}[^\\r]*((?:\\r\\n[^\\r]+)*)\\r\\n\\r\\n([\\s\\S]*?)(?=\\r\\n--|$)`, "i").exec(raw);
  const [whole = "", , body = ""] = found ?? [];
  if (/quoted-printable/i.test(whole)) {
    const bytes = body.replace(/=\r\n/g, "").replace(/=([0-9A-F]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    return Buffer.from(bytes, "latin1").toString("utf8");
  }
  return /base64/i.test(whole) ? Buffer.from(body, "base64").toString("utf8") : body;
}
