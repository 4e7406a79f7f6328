// What node:test tells, as JUnit XML. Unlike the reporter that Node.js brings, it says which file a test is in, in every
// version: tests are split over machines by file.
import path from 'node:path';

const text = (value) =>
  String(value ?? '')
    // eslint-disable-next-line no-control-regex
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, ' ')
    .replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

export default async function* report(source) {
  const files = new Map();
  const names = [];
  for await (const { type, data } of source) {
    if (type === 'test:start') {
      names.length = data.nesting;
      names[data.nesting] = data.name;
    }
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const file = data.file ?? '';
    if (!files.has(file)) files.set(file, { time: 0, cases: [] });
    const known = files.get(file);
    const seconds = (data.details?.duration_ms ?? 0) / 1000;
    if (data.nesting === 0) known.time += seconds;
    if (data.details?.type === 'suite') continue;
    // A file that cannot be run is told as a test by its path.
    const name = path.isAbsolute(data.name) ? path.basename(data.name) : data.name;
    const suite = names.slice(0, data.nesting).join(' > ');
    const isOff = data.skip !== undefined || data.todo !== undefined;
    const error = data.details?.error;
    const why = isOff
      ? '<skipped/>'
      : type === 'test:fail'
        ? `<failure message="${text(error?.cause?.message ?? error?.message ?? error)}"/>`
        : '';
    known.cases.push(`<testcase classname="${text(suite)}" name="${text(name)}" time="${seconds}">${why}</testcase>`);
  }
  yield '<?xml version="1.0" encoding="utf-8"?>\n<testsuites>\n';
  for (const [file, { time, cases }] of files) {
    yield `<testsuite name="" file="${text(file)}" time="${time}">\n${cases.join('\n')}\n</testsuite>\n`;
  }
  yield '</testsuites>\n';
}
