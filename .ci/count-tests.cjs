// Reads Vitest's JSON reports in a folder and prints one line, `N passed, M failed`. A test file that could not be loaded,
// and a suite that left no report, count as one failure each. Exits with 1 when anything failed.
const fs = require("node:fs");
const path = require("node:path");

const [folder, ...suites] = process.argv.slice(2);
let passed = 0;
let failed = 0;

for (const suite of suites) {
  try {
    const report = JSON.parse(fs.readFileSync(path.join(folder, `${suite}.json`), "utf8"));
    passed += report.numPassedTests;
    failed += report.numFailedTests;
    failed += report.testResults.filter((file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed")).length;
  } catch {
    console.log(`The suite "${suite}" ended without a report.`);
    failed += 1;
  }
}

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
