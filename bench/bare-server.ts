// The ceiling for durable ingest: a bare node:http server that parses the body as JSON and fdatasyncs it before it answers.
// Requests that are being written when another arrives share nothing: one write and one fdatasync each.
import { createServer } from "node:http";
import { open } from "node:fs/promises";

const [port, file] = [Number(process.argv[2]), process.argv[3] ?? "/tmp/bare.log"];
const handle = await open(file, "a");

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks);
    JSON.parse(body.toString());
    void handle.write(body).then(() => handle.datasync()).then(() => {
      response.setHeader("content-type", "application/json");
      response.end('{"success":true}');
    });
  });
}).listen(port, "127.0.0.1", () => process.stdout.write("ready\n"));
