// Reads Vitest's JSON reports.
//
// `count FOLDER SUITE…` names what failed, with the first lines of why, and then prints one line, `N passed, M failed`. A test
// file that could not be loaded, and a suite that left no report, count as one failure each. What SUITE.again.json says of a
// file holds instead of what SUITE.json says of it; a test that failed first and passed then is named as unsteady. Exits with 1
// when anything failed.
//
// `failed-files REPORT` prints the files in which something failed, one a line; nothing where there is no report.
const fs = require("node:fs");
const path = require("node:path");

const shownLines = 12;

const read = (file) => {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
};

const nameOf = (file) => path.relative(process.cwd(), file.name);

// A file that could not be loaded, or whose set-up failed, has no failed test of its own: it counts as one.
const failuresOf = (file) => {
  const tests = file.assertionResults.filter((test) => test.status === "failed").map((test) => ({ name: test.fullName, why: test.failureMessages.join("\n") }));
  return tests.length === 0 && file.status === "failed" ? [{ name: "(the file itself)", why: file.message ?? "" }] : tests;
};

const passedOf = (file) => file.assertionResults.filter((test) => test.status === "passed").length;

const sayFailure = (kind, suite, file, failure) => {
  console.log(`${kind} ${suite}: ${nameOf(file)} > ${failure.name}`);
  for (const line of failure.why.split("\n").slice(0, shownLines)) console.log(`    ${line}`);
};

const count = (folder, suites) => {
  let passed = 0;
  let failed = 0;
  for (const suite of suites) {
    const report = read(path.join(folder, `${suite}.json`));
    if (report === undefined) {
      console.log(`The suite "${suite}" ended without a report.`);
      failed += 1;
      continue;
    }
    const again = new Map((read(path.join(folder, `${suite}.again.json`))?.testResults ?? []).map((file) => [file.name, file]));
    for (const first of report.testResults) {
      const file = again.get(first.name) ?? first;
      const failures = failuresOf(file);
      passed += passedOf(file);
      failed += failures.length;
      for (const failure of failures) sayFailure("FAILED", suite, file, failure);
      if (failures.length === 0) for (const failure of failuresOf(first)) sayFailure("UNSTEADY, passed when run again alone:", suite, file, failure);
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 || passed === 0 ? 1 : 0;
};

const [command, place, ...rest] = process.argv.slice(2);
if (command === "failed-files") {
  const files = (read(place)?.testResults ?? []).filter((file) => failuresOf(file).length > 0);
  if (files.length > 0) console.log(files.map(nameOf).join("\n"));
} else {
  process.exit(count(place, rest));
}
