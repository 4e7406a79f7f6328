'use client';

export function Certificate() {
  return <button onClick={() => download()}>Certificate</button>;
}

function download() {
  throw new Error('TODO: certificates');
}
