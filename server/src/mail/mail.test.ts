import { Writable } from "node:stream";
import { afterEach, describe, expect, test } from "vitest";
import { createLogger } from "../core/logger.ts";
import { createMailer, invitationLetter, passwordResetLetter } from "./mail.ts";
import { startTestMailServer, type TestMailServer } from "./testing.ts";

describe("mail", () => {
  let smtp: TestMailServer | undefined;
  afterEach(() => smtp?.stop());

  function loggerInto(lines: string[]) {
    return createLogger("info", new Writable({ write: (chunk, _encoding, done) => (lines.push(String(chunk)), done()) }));
  }

  test("comes as text and as HTML, from the sender that was set, to the one it is for", async () => {
    smtp = await startTestMailServer();
    const mailer = createMailer({ smtpUrl: smtp.url, from: "Tributary <cdp@example.com>" }, loggerInto([]));
    const letter = passwordResetLetter({ link: "https://cdp.example.com/reset-password/abc" });
    expect(await mailer.send("ann@example.com", letter)).toBe("sent");
    const mail = await smtp.mail(0);
    expect(mail).toMatchObject({ from: "cdp@example.com", to: ["ann@example.com"] });
    expect(mail.text).toContain("https://cdp.example.com/reset-password/abc");
    expect(mail.html).toContain('<a href="https://cdp.example.com/reset-password/abc">Set a new password</a>');
  });

  test("goes to one address only, whatever stands in it", async () => {
    smtp = await startTestMailServer();
    const mailer = createMailer({ smtpUrl: smtp.url, from: "cdp@example.com" }, loggerInto([]));
    await mailer.send('"a,b"@example.com', passwordResetLetter({ link: "https://cdp.example.com/" }));
    expect((await smtp.mail(0)).to).toHaveLength(1);
  });

  test("shows names that people typed as the text that they are, on one line, and cut", () => {
    const hostile = `<script>alert(1)</script>\r\nBcc: eve@example.com \u202e"'& ${"x".repeat(500)}`;
    const letter = invitationLetter({ workspace: hostile, inviter: hostile, link: "https://cdp.example.com/join/abc", expiresAt: new Date(0) });
    expect(letter.html).not.toContain("<script");
    expect(letter.html).toContain("&#60;script&#62;");
    expect(letter.subject).not.toMatch(/[\r\n\u202e]/);
    expect(letter.subject.length).toBeLessThan(140);
    expect(letter.text).toContain("until 1970-01-01");
  });

  test("that can't be sent is told to the caller, and logged without the address", async () => {
    smtp = await startTestMailServer();
    smtp.refuse();
    const lines: string[] = [];
    const mailer = createMailer({ smtpUrl: smtp.url, from: "cdp@example.com" }, loggerInto(lines));
    expect(await mailer.send("ann@example.com", passwordResetLetter({ link: "https://cdp.example.com/" }))).toBe("failed");
    expect(lines.join("")).toContain("a mail could not be sent");
    expect(lines.join("")).toContain("550");
    expect(lines.join("")).not.toContain("ann@example.com");
  });

  test("gives its password to no server that speaks no TLS, unless somebody said so", async () => {
    smtp = await startTestMailServer();
    const signedIn = smtp.url.replace("smtp://", "smtp://cdp:hunter2hunter2@");
    expect(await createMailer({ smtpUrl: signedIn, from: "cdp@example.com" }, loggerInto([])).send("ann@example.com", passwordResetLetter({ link: "https://cdp.example.com/" }))).toBe("failed");
    expect(smtp.commands).not.toContain("AUTH");
    await createMailer({ smtpUrl: `${signedIn}?requireTLS=false`, from: "cdp@example.com" }, loggerInto([])).send("ann@example.com", passwordResetLetter({ link: "https://cdp.example.com/" }));
    expect(smtp.commands).toContain("AUTH");
  });

  test("of which no server is named is not sent, and that is told, too", async () => {
    const mailer = createMailer(undefined, loggerInto([]));
    expect(mailer.isSetUp).toBe(false);
    expect(await mailer.send("ann@example.com", passwordResetLetter({ link: "https://cdp.example.com/" }))).toBe("not_set_up");
  });
});
