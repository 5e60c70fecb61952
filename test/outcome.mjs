// A reporter for node:test: how many tests ran, and the files in which one failed, as JSON.
export default async function* outcome(source) {
  const failed = new Set();
  let tests = 0;
  for await (const { type, data } of source) {
    if (type === 'test:fail' && data.file !== undefined) failed.add(data.file);
    // one summary a file, then one of everything
    if (type === 'test:summary' && data.file === undefined) tests = data.counts.tests;
  }
  yield JSON.stringify({ tests, failed: [...failed] });
}
